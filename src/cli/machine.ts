/**
 * What this machine offers, without a pool.
 *
 * @module
 */

import {
  getDefaultProcessSharedBufferPrimitives,
  ProcessSharedBuffer,
} from "../../shared_memory.ts";
import { nativeLibrary, nativeLibraryPath } from "../native/library.ts";
import { sleepsWith } from "../native/waiter.ts";
import { runtime, runtimeNames, runtimeVersion } from "../runtime/current.ts";
import { binaryVariables, findProgram, probeVersion } from "../runtime/process_command.ts";
import { failureOf } from "../runtime/processes.ts";
import { programPath } from "../runtime/program_path.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import { isSupported, oldestSupported } from "../runtime/supported.ts";
import { ownProgram, system } from "../runtime/system.ts";
import { processId } from "../runtime/threads.ts";
import { atomics } from "../transport/atomic.ts";
import type { Availability, FoundRuntime, Report } from "./report.ts";
import { DoctorError, troubleOf } from "./troubles.ts";

/** The part of the report that is about the machine. */
export type Machine =
  & Pick<Report, "system" | "runtime" | "threads" | "native" | "processes" | "runtimes">
  & { readonly sandboxes: Omit<Report["sandboxes"], "bwrap"> };

/** How long a container engine may take to say that it runs. */
const ENGINE_MS = 2_000;

/** Looks at everything. */
export function lookAtMachine(): Machine {
  const native = tried(nativeLibrary);
  return {
    system: system(),
    runtime: {
      name: runtime.name,
      version: runtimeVersion,
      path: ownProgram,
      supported: isSupported(runtime.name, runtimeVersion),
    },
    threads: {
      sharedMemory: tried(() => new SharedArrayBuffer(8)).available,
      doorbell: typeof atomics.waitAsync === "function" ? "Atomics.waitAsync" : null, // not covered: only on a runtime that is too old
    },
    native: { ...native, path: nativeLibraryPath() ?? null }, // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
    processes: {
      anonymousMemory: tried(() => ProcessSharedBuffer.create(64).close()),
      namedMemory: tried(tryNamedMemory),
      doorbell: native.available ? sleepsWith() : null,
    },
    runtimes: Object.fromEntries(runtimeNames.map((name) => [name, findRuntime(name)])) as Record<
      RuntimeName,
      FoundRuntime
    >,
    sandboxes: { docker: findEngine("docker"), podman: findEngine("podman") },
  };
}

/** Whether something can be done. */
function tried(attempt: () => unknown): Availability {
  try {
    attempt();
    return { available: true, trouble: null };
  } catch (error) {
    return { available: false, trouble: troubleOf(error) };
  }
}

/** Makes memory with a name, finds it again, and removes the name. */
function tryNamedMemory(): void {
  const name = `knitting-doctor-${processId}`;
  const one = ProcessSharedBuffer.create({ size: 64, mode: "create", name });
  try {
    const other = ProcessSharedBuffer.create({ size: 64, mode: "open", name });
    one.bytes()[0] = 42;
    const [byte] = other.bytes();
    other.close();
    if (byte === 42) return;
    throw new DoctorError("KNT_DOCTOR_WRONG", `${name}: expected 42, received ${byte}`); // not covered: only if the system breaks its word
  } finally {
    getDefaultProcessSharedBufferPrimitives().unlinkSharedMemory?.(name);
    one.close();
  }
}

/** The program that workers of this runtime would run on. */
function findRuntime(name: RuntimeName): FoundRuntime {
  const { path: wanted } = findProgram({ runtime: name, prefix: [] });
  const path = programPath(wanted) ?? null;
  let version: string | null = null;
  const state = tried(() => {
    const variable = binaryVariables[name];
    if (path === null) {
      throw new DoctorError("KNT_DOCTOR_NOT_FOUND", `there is no program ${wanted} (${variable})`);
    }
    version = probeVersion([wanted]) ?? null;
    const impostor = runtimeNames.find((other) => other !== name && isCalled(path, other));
    if (version === null || impostor !== undefined) {
      const why = impostor === undefined ? "does not say its version" : `is ${impostor}`; // not covered: only under bunx --bun
      throw new DoctorError("KNT_DOCTOR_VERSION", `${path} ${why} (${variable})`);
    }
    if (isSupported(name, version)) return;
    throw new DoctorError(
      "KNT_DOCTOR_VERSION",
      `${path} is ${name} ${version}: expected ${oldestSupported[name]} or newer (${variable})`,
    );
  });
  return { ...state, path, version };
}

/** Under `bunx --bun`, node is a link to Bun. */
function isCalled(path: string, name: string): boolean {
  return new RegExp(`(^|[\\\\/])${name}(\\.exe)?$`).test(path);
}

/** A container engine, if it runs. */
function findEngine(name: string): Availability {
  return tried(() => {
    if (programPath(name) === undefined) {
      throw new DoctorError("KNT_DOCTOR_NOT_FOUND", `there is no program ${name}`);
    }
    const failure = failureOf([name, "version"], ENGINE_MS);
    if (failure === undefined) return;
    throw new DoctorError("KNT_DOCTOR_NOT_RUNNING", `${name}: ${failure.trim().split("\n")[0]}`);
  });
}
