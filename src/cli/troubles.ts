/**
 * What went wrong, with a code, a cure and the page that says more.
 *
 * @module
 */

import { KnittingError } from "../../mod.ts";
import type { Trouble } from "./report.ts";

/** Codes of the command's own, with the cure. */
const CURES = {
  KNT_DOCTOR_VERSION:
    "install a newer version, or name another program by the variable in the message",
  KNT_DOCTOR_SHARED_MEMORY: "run on a runtime that lets threads share memory",
  KNT_DOCTOR_NOT_FOUND: "put it on PATH, or leave out what needs it",
  KNT_DOCTOR_NOT_RUNNING: "start it, and let this user use it",
  KNT_DOCTOR_WRONG: "report it, with all that knitting doctor --json prints",
  KNT_DOCTOR_LATE: "try again while the machine has less to do; if it stays, report it",
  KNT_DOCTOR_ERROR: "the message is that of the runtime or the system: see what it asks for",
} as const;

/** A code of the command's own. */
type DoctorCode = keyof typeof CURES;

/** An error of the command's own. */
export class DoctorError extends Error {
  /** What went wrong. */
  readonly code: DoctorCode;

  /** @param message what was expected and what came */
  constructor(code: DoctorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A trouble of the command's own. */
export function trouble(code: DoctorCode, message: string): Trouble {
  return { code, message };
}

/** An error as what is told of it. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof KnittingError || error instanceof DoctorError) {
    const { cause } = error;
    const behind = cause instanceof Error ? ` (${cause.message.split("\n")[0]})` : "";
    const { message } = error;
    return { code: error.code, message: message.includes(behind) ? message : message + behind };
  }
  return trouble("KNT_DOCTOR_ERROR", error instanceof Error ? `${error}` : String(error));
}

/** What to do about it. */
export function cureOf({ code }: Trouble): string {
  return code in CURES
    ? CURES[code as DoctorCode]
    : "the message says what was expected; the page has cause and cure of the code";
}

/** The page of the documentation that says more. */
export function pageOf({ code }: Trouble): string {
  return code in CURES ? "docs/doctor.md#codes" : "docs/errors.md#codes";
}
