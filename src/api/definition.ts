/**
 * Definitions of tasks, whatever they are made from.
 *
 * @module
 */

import {
  type BrandedTask,
  fingerprintOf,
  fingerprintOfTarget,
  type ImportTarget,
  lineageAfter,
  offerDefinition,
  TASK_BRAND,
  type TaskDeclarations,
  type TaskFunction,
} from "../runtime/branded_task.ts";
import { isBundled } from "../runtime/library_files.ts";
import { isWorker } from "../runtime/threads.ts";
import { inertPool } from "./inert_pool.ts";
import { type Caller, callerOf } from "./module_url.ts";
import type { Options } from "./options.ts";
import { startSinglePool } from "./single_pools.ts";
import { checkDeclarations } from "./task_options.ts";
import type { SingleTaskPool, TaskDefinition } from "./types.ts";

/** What `task` and `importTask` know of a task. */
interface DefinitionParts {
  readonly f: TaskFunction;
  /** Where it is defined. */
  readonly caller: Caller;
  readonly target: ImportTarget | undefined;
  readonly declarations: TaskDeclarations;
}

/** Any definition. */
// deno-lint-ignore no-explicit-any
export type AnyDefinition = TaskDefinition<any, any>;

let count = 0;
/** The last definition of each module. */
const lastOfModule = new Map<string, { readonly at: number; readonly lineage: number }>();

/**
 * Makes a definition, the next one of its module.
 *
 * @param maker whose options these are, for messages
 * @throws {TypeError | RangeError} as {@linkcode checkDeclarations}
 */
export function define(maker: string, parts: DefinitionParts): AnyDefinition {
  const { f, caller: { url: importedFrom, declared, position }, target, declarations } = parts;
  checkDeclarations((option) => `${maker} ${option}`, declarations);
  const last = lastOfModule.get(importedFrom);
  const fingerprint = target === undefined ? fingerprintOf(f) : fingerprintOfTarget(target);
  const definition: BrandedTask & AnyDefinition = {
    [TASK_BRAND]: true,
    f,
    ...declarations as Pick<AnyDefinition, keyof TaskDeclarations>,
    id: count++,
    importedFrom,
    imported: target !== undefined,
    target,
    fingerprint,
    position,
    at: last === undefined ? 0 : last.at + 1,
    lineage: lineageAfter(last?.lineage ?? 0, fingerprint),
    createPool,
  };
  // In a worker the definition stands in for its pool, which refuses calls there. Its getters refuse too.
  if (isWorker) {
    Object.defineProperties(definition, Object.getOwnPropertyDescriptors(inertPool<object>()));
    // A module of its own has to export it; in a bundle, exports may be gone.
    if (declared || isBundled) offerDefinition(definition);
  }
  // deno-lint-ignore no-explicit-any
  function createPool(options: Options = {}): SingleTaskPool<any, any> {
    return isWorker
      ? definition as unknown as ReturnType<typeof createPool>
      : startSinglePool(definition, options, callerOf(createPool).url);
  }
  lastOfModule.set(importedFrom, definition);
  return Object.freeze(definition);
}
