/**
 * What workers and the host must know of the tasks of a pool.
 *
 * @module
 */

import { received } from "../errors.ts";
import type { TaskRules } from "../pool/task_rules.ts";
import {
  type BrandedTask,
  fingerprintOf,
  isTask,
  type TaskFunction,
} from "../runtime/branded_task.ts";
import type { TaskAddress } from "../runtime/handshake.ts";
import { checkDeclarations } from "./task_options.ts";
import type { TaskLike } from "./types.ts";

/** Task ids are 16 bits on the wire. */
const MAX_TASKS = 65_536;

/** One task of a pool. */
interface DescribedTask {
  /** For workers, to find it. */
  readonly address: TaskAddress;
  /** For the host, to run its calls. */
  readonly rules: TaskRules;
  /** URLs of the modules that workers import for it. */
  readonly modules: readonly string[];
  /** The function as it is here; of an imported task it throws. */
  readonly f: TaskFunction;
}

/**
 * Describes the tasks in the order of the keys, which gives the task ids.
 *
 * @param caller URL of the module that calls `createPool`, which exports the bare functions
 * @throws {TypeError} for a task that is none
 * @throws {RangeError} for too many tasks
 */
export function describeTasks(
  caller: string,
  tasks: Readonly<Record<string, TaskLike>>,
): readonly DescribedTask[] {
  if (typeof tasks !== "object" || tasks === null) {
    throw new TypeError(`createPool tasks must be an object, received ${received(tasks)}`);
  }
  const entries = Object.entries(tasks);
  if (entries.length > MAX_TASKS) {
    throw new RangeError(
      `Too many tasks: received ${entries.length}. Maximum is ${MAX_TASKS} (Uint16 function IDs: 0..65535).`,
    );
  }
  return entries.map(([name, task]) => {
    if (typeof task === "function") return describeFunction(name, caller, task as TaskFunction);
    if (isTask(task)) return describeDefinition(name, task);
    throw new TypeError(
      `createPool task "${name}" must be a task definition or exported function, received ${
        received(task)
      }`,
    );
  });
}

function describeFunction(name: string, module: string, f: TaskFunction): DescribedTask {
  return {
    address: {
      name,
      module,
      functionName: f.name,
      lineage: undefined,
      fingerprint: fingerprintOf(f),
      position: "",
      at: undefined,
      abortable: false,
      streams: isGenerator(f),
      timed: false,
    },
    rules: { limit: undefined, retry: undefined, imported: false },
    modules: [module],
    f,
  };
}

function describeDefinition(name: string, task: BrandedTask): DescribedTask {
  const nameOf = (option: string): string => `${option} of task "${name}"`;
  const { limit, abortable, retry, streams: declared } = checkDeclarations(nameOf, task);
  const streams = declared || isGenerator(task.f);
  if (streams && retry !== undefined) {
    throw new TypeError(
      `${nameOf("retry")} cannot be given: it is a stream, some items of which may have been read`,
    );
  }
  return {
    address: {
      name,
      module: task.importedFrom,
      functionName: task.f.name,
      lineage: task.lineage,
      fingerprint: task.fingerprint,
      position: task.position,
      at: task.at,
      abortable,
      streams,
      timed: limit !== undefined,
    },
    rules: { limit, retry, imported: task.target !== undefined },
    modules: [task.importedFrom, ...(task.target === undefined ? [] : [task.target.href])],
    f: task.f,
  };
}

/** Whether it can be seen that calling `f` makes an iterator. */
function isGenerator(f: TaskFunction): boolean {
  return GENERATORS.includes(Object.prototype.toString.call(f));
}

/** How functions show themselves that are written with `function*`. */
const GENERATORS = ["[object AsyncGeneratorFunction]", "[object GeneratorFunction]"];

/** @throws {Error} if there is an imported task: there are no workers for it */
export function refuseImported(tasks: readonly DescribedTask[]): void {
  const imported = tasks.find(({ rules }) => rules.imported);
  if (imported === undefined) return;
  throw new Error(
    `Imported task has no worker lane to run on: "${imported.address.name}" never runs on the main ` +
      "thread, and threads is 0. Set threads to 1 or more.",
  );
}
