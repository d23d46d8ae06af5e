/**
 * Finds the functions behind the tasks that the host names: imports each module once, then looks
 * among its exports. The host says what it expects to find; a task that is not there is reported,
 * with what is.
 *
 * @module
 */

import {
  type BrandedTask,
  fingerprintOf,
  isTask,
  takeDefinitions,
  type TaskFunction,
} from "../runtime/branded_task.ts";
import type { DebugLog } from "../runtime/debug.ts";
import type { TaskAddress, TaskFailure } from "../runtime/handshake.ts";
import { type Exports, importModule, namesOf } from "../runtime/import_module.ts";
import { importFunction } from "./imported_task.ts";

/** Functions by task id (`undefined` where there is none), and why. */
export interface LoadedTasks {
  readonly functions: readonly (TaskFunction | undefined)[];
  readonly failures: readonly TaskFailure[];
}

/**
 * @throws what a task module throws on import
 */
export async function loadTasks(
  tasks: readonly TaskAddress[],
  log?: DebugLog,
): Promise<LoadedTasks> {
  const modules = new Map<string, Exports>();
  for (const { module } of tasks) {
    if (!modules.has(module)) modules.set(module, await importModule(module));
  }
  const offered = takeDefinitions();
  const failures: TaskFailure[] = [];
  const functions: (TaskFunction | undefined)[] = [];
  for (const [task, address] of tasks.entries()) {
    const exports = modules.get(address.module)!;
    const found = await find(address, exports, offered);
    functions.push(found);
    if (found === undefined) failures.push({ task, message: notFound(address, exports) });
  }
  log?.line(
    "imports",
    `${tasks.length - failures.length} task(s) from ${[...modules.keys()].join(", ")}`,
  );
  return { functions, failures };
}

function find(
  address: TaskAddress,
  exports: Exports,
  offered: readonly BrandedTask[],
): TaskFunction | Promise<TaskFunction> | undefined {
  if (address.lineage === undefined) return findFunction(address, exports);
  const task = findTask(address, [...Object.values(exports).filter(isTask), ...offered]) ??
    findRewritten(address, exports);
  return task?.target === undefined ? task?.f : importFunction(task.target);
}

/**
 * A definition that is exported or offered: the one with the same lineage; if the module makes other definitions here
 * than on the host, the only one with the same source. Another runtime has its own idea of the source:
 * then the only one at the same place.
 */
function findTask(
  address: TaskAddress,
  definitions: readonly BrandedTask[],
): BrandedTask | undefined {
  const candidates = distinct(definitions).filter(
    ({ importedFrom }) => importedFrom === address.module,
  );
  const same = candidates.filter(({ fingerprint }) => fingerprint === address.fingerprint);
  const there = candidates.filter(({ position }) =>
    position !== "" && position === address.position
  );
  return same.find(({ lineage }) => lineage === address.lineage) ?? only(same) ?? only(there);
}

/**
 * A loader on the host, of a test runner for instance, may have rewritten the module there, source and places: then
 * the export of the pool's key, if it is as far down in its module.
 */
function findRewritten(
  { name, module, at }: TaskAddress,
  exports: Exports,
): BrandedTask | undefined {
  const named = exports[name];
  if (at === undefined || !isTask(named)) return undefined; // not covered: only if an older copy of the library has made it
  return named.importedFrom === module && named.at === at ? named : undefined;
}

/**
 * A bare exported function: the export of the function's name or the pool's key if its source is the
 * same; else the only export with that source and name. A loader on the host may have rewritten the
 * source there: then the export of the function's name, if that is its name here, too.
 */
function findFunction(address: TaskAddress, exports: Exports): TaskFunction | undefined {
  const { functionName, name } = address;
  const isSame = (f: unknown): f is TaskFunction =>
    typeof f === "function" && f.name === functionName &&
    fingerprintOf(f as TaskFunction) === address.fingerprint;
  const named = [exports[functionName], exports[name]].find(isSame);
  if (named !== undefined) return named;
  const same = only(distinct(Object.values(exports).filter(isSame)));
  if (same !== undefined) return same;
  const rewritten = exports[functionName];
  return typeof rewritten === "function" && rewritten.name === functionName // not covered: only of a function that a worker sees under another name
    ? rewritten as TaskFunction
    : undefined;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** The element of a list that has just one: among several, which is meant cannot be known. */
function only<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}

/** What to do where exports of modules are gone. */
const inBundle = "In a bundle, call setModuleUrl(import.meta.url) and then task({ f }), at the " +
  "top level of the module: that needs no export.";

function notFound({ name, module, lineage, functionName }: TaskAddress, exports: Exports): string {
  const isBare = lineage === undefined;
  const what = isBare
    ? `an exported function${functionName === "" ? "" : ` "${functionName}"`}`
    : "the exported definition of the task";
  return `Task "${name}" cannot be found: expected ${module} to have ${what}. ` +
    `Its exports are: ${namesOf(exports)}. ` +
    (isBare
      ? "A bare function must be exported from the module that calls createPool, under a name that " +
        "tells it from functions with the same source; a function of another module can be wrapped " +
        `with task({ f }) and exported there. ${inBundle}`
      : `Export the definition from the module that calls task() or importTask(). ${inBundle}`);
}
