/**
 * Finds the functions behind the tasks that the host names: imports each module once, then looks
 * among its exports. The host says what it expects to find; a task that is not there is reported,
 * with what is.
 *
 * @module
 */

import type { DebugLog } from "../runtime/debug.ts";
import {
  fingerprint,
  isTask,
  type TaskAddress,
  type TaskFailure,
  type TaskFunction,
} from "../runtime/handshake.ts";

/** Functions by task id (`undefined` where there is none), and why. */
export interface LoadedTasks {
  readonly functions: readonly (TaskFunction | undefined)[];
  readonly failures: readonly TaskFailure[];
}

type Exports = Readonly<Record<string, unknown>>;

/**
 * @throws what a task module throws on import
 */
export async function loadTasks(
  tasks: readonly TaskAddress[],
  log?: DebugLog,
): Promise<LoadedTasks> {
  const modules = new Map<string, Exports>();
  for (const { module } of tasks) {
    if (!modules.has(module)) modules.set(module, await import(module));
  }
  const failures: TaskFailure[] = [];
  const functions = tasks.map((address, task) => {
    const exports = modules.get(address.module)!;
    const found = address.ordinal < 0 ? findFunction(address, exports) : findTask(address, exports);
    if (found === undefined) failures.push({ task, message: notFound(address, exports) });
    return found;
  });
  log?.line(
    "imports",
    `${tasks.length - failures.length} task(s) from ${[...modules.keys()].join(", ")}`,
  );
  return { functions, failures };
}

/** An exported `task()`: the one with the same ordinal, provided that its source is the same. */
function findTask(address: TaskAddress, exports: Exports): TaskFunction | undefined {
  const candidates = Object.values(exports).filter(isTask).filter((candidate) =>
    candidate.importedFrom === address.module
  );
  const same = candidates.filter(({ f }) => fingerprint(f) === address.fingerprint);
  return (same.find(({ at }) => at === address.ordinal) ?? same[0])?.f;
}

/**
 * A bare exported function: one with the same source, if possible under its own name or the pool's;
 * else the export of its name, because a loader on the host may have rewritten the source there.
 */
function findFunction(address: TaskAddress, exports: Exports): TaskFunction | undefined {
  const isFunction = (name: string): boolean => typeof exports[name] === "function";
  const names = [address.functionName, address.name, ...Object.keys(exports)].filter(isFunction);
  const same = names.find((name) =>
    fingerprint(exports[name] as TaskFunction) === address.fingerprint
  );
  const name = same ?? [address.functionName, address.name].find(isFunction);
  return name === undefined ? undefined : exports[name] as TaskFunction;
}

function notFound({ name, module, ordinal, functionName }: TaskAddress, exports: Exports): string {
  const names = Object.keys(exports);
  const what = ordinal < 0
    ? `an exported function${functionName === "" ? "" : ` "${functionName}"`}`
    : "the exported task() definition";
  return `Task "${name}" cannot be found: expected ${module} to have ${what}. ` +
    `Its exports are: ${names.length === 0 ? "none" : names.join(", ")}. ` +
    (ordinal < 0
      ? "A bare function must be exported from the module that calls createPool; a function of " +
        "another module can be wrapped with task({ f }) and exported there."
      : "Export the definition from the module that calls task().");
}
