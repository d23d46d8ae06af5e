/**
 * What `knitting doctor --json` prints. Fields may be added; they change their meaning or go away only
 * together with {@linkcode REPORT_VERSION}.
 *
 * @module
 */

import type { Enforcer } from "../../mod.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import type { System } from "../runtime/system.ts";

/** Raised when fields change their meaning, or are gone. */
export const REPORT_VERSION = 1;

/** Why something is not to be had, or has failed. */
export interface Trouble {
  /** `KNT_ERROR_*` of the library, or `KNT_DOCTOR_*`. */
  readonly code: string;
  readonly message: string;
}

/** Something that is there, or not; then with the reason. */
export interface Availability {
  readonly available: boolean;
  readonly trouble: Trouble | null;
}

/** A runtime that worker processes can run on, or not. */
export interface FoundRuntime extends Availability {
  readonly path: string | null;
  readonly version: string | null;
}

/** The rules of `permission`, each with who enforces it. */
export type Enforcement = Readonly<Record<string, Enforcer>>;

/** How long calls took, in microseconds. */
export interface Latency {
  /** Calls awaited one by one. */
  readonly single: {
    readonly calls: number;
    readonly p50Us: number;
    readonly p99Us: number;
  };
  /** A hundred calls made together: the time of all of them, by a hundred. */
  readonly batchOf100: { readonly batches: number; readonly p50UsPerCall: number };
  /** Calls after ten milliseconds in which nothing happened: a doorbell has to wake both sides. */
  readonly afterSilence: { readonly calls: number; readonly p50Us: number };
}

/** How many times as long as by `postMessage` to a thread, in the same run. */
export interface Ratios {
  readonly singleP50: number;
  readonly singleP99: number;
  readonly batchOf100: number;
  readonly afterSilence: number;
}

/** One thing that was tried. */
export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  readonly trouble: Trouble | null;
}

/** A kind of workers, tried out in a pool. */
export interface SubjectResult extends Availability {
  /** Such as `threads`, `node processes`, `node processes in bwrap`. */
  readonly name: string;
  readonly worker: "thread" | "process";
  readonly runtime: RuntimeName;
  readonly sandbox: "bwrap" | null;
  /** `false` if something that was tried failed. */
  readonly ok: boolean;
  /** From `createPool` until it is ready, in milliseconds. */
  readonly startMs: number | null;
  /** Those after one that a worker did not answer are left out. */
  readonly checks: readonly CheckResult[];
  readonly latency: Latency | null;
  readonly toPostMessage: Ratios | null;
}

/** Something to be told. */
export interface Problem extends Trouble {
  /** What it is about. */
  readonly about: string;
  /** Whether it must work, and the exit code is 1. */
  readonly fatal: boolean;
  readonly cure: string;
  /** The page that says more: an address, or a path in the repository if that is not known. */
  readonly docs: string;
}

/** All of it. */
export interface Report {
  readonly report: typeof REPORT_VERSION;
  /** Version of the library; `null` if it does not know. */
  readonly knitting: string | null;
  /** Whether everything works that must; the exit code is 0 then. */
  readonly ok: boolean;
  readonly quick: boolean;
  readonly system: System;
  readonly runtime: {
    readonly name: RuntimeName;
    readonly version: string;
    readonly path: string;
    readonly supported: boolean;
  };
  readonly threads: {
    readonly sharedMemory: boolean;
    /** What a sleeping side is woken by. */
    readonly doorbell: string | null;
  };
  readonly native: Availability & {
    /** Where it is, or was looked for; `null` if it cannot be a file. */
    readonly path: string | null;
  };
  readonly processes: {
    /** Shared memory that a process inherits. */
    readonly anonymousMemory: Availability;
    /** Shared memory that has a name. */
    readonly namedMemory: Availability;
    readonly doorbell: string | null;
  };
  readonly runtimes: Readonly<Record<RuntimeName, FoundRuntime>>;
  readonly sandboxes: {
    /** Tried with this runtime. */
    readonly bwrap: Availability;
    readonly docker: Availability;
    readonly podman: Availability;
  };
  /** Who enforces the rules of `permission: "strict"`, by the name of the subject. */
  readonly enforcement: Readonly<Record<string, Enforcement>>;
  readonly selfTest: {
    readonly seconds: number;
    /** What the others are compared with; `null` if it did not work. */
    readonly postMessage: Latency | null;
    readonly subjects: readonly SubjectResult[];
  };
  readonly problems: readonly Problem[];
}
