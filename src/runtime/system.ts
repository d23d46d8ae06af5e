/**
 * What the system says of itself.
 *
 * @module
 */

import { loadavg, release, totalmem } from "node:os";
import { process } from "./builtins.ts";
import { platform } from "./native_module.ts";
import { cores } from "./threads.ts";

/** A machine, as far as a program may know it. */
export interface System {
  /** System and architecture, such as `linux-x64`. */
  readonly platform: string;
  /** Of the kernel; `null` if this program may not ask. */
  readonly release: string | null;
  /** Processors that this program may use. */
  readonly cores: number;
  /** Memory in MiB; `null` if this program may not ask. */
  readonly memoryMiB: number | null;
  /** How many programs ran or wanted to, on average over a minute; `null` where nobody counts. */
  readonly load: number | null;
}

/** This machine. */
export function system(): System {
  return {
    platform,
    release: answer(release),
    cores,
    memoryMiB: answer(() => Math.round(totalmem() / 2 ** 20)),
    load: process.platform === "win32" ? null : answer(() => Number(loadavg()[0]!.toFixed(1))), // not covered: only on Windows
  };
}

/** The program that runs this. */
export const ownProgram: string = process.execPath;

/** Deno has permissions for such questions. */
function answer<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch { // not covered: only on Deno without that permission
    return null;
  }
}
