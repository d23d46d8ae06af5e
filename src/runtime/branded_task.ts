/**
 * A definition of a task as host and worker know it, each from its own copy of the module: what shows
 * that it is one, and what tells it from its neighbours.
 *
 * @module
 */

import { hashOf } from "./text_hash.ts";

/** Marks the objects that `task()` and `importTask()` make, in whatever copy of the library. */
export const TASK_BRAND: unique symbol = Symbol.for("knitting.task") as never;

/** What such an object says about its calls, unchecked: another copy of the library may have made it. */
export interface TaskDeclarations {
  /** About time. */
  readonly timeout: unknown;
  /** About signals. */
  readonly abortSignal: unknown;
  /** About workers that die. */
  readonly retry: unknown;
  /** About streams. */
  readonly stream: unknown;
}

/** What a worker needs of such an object. */
export interface BrandedTask extends TaskDeclarations {
  readonly [TASK_BRAND]: true;
  readonly f: TaskFunction;
  /** URL of the module that called `task()` or `importTask()`. */
  readonly importedFrom: string;
  /** Where `importTask()` says that the function is; `undefined` for `task()`. */
  readonly target: ImportTarget | undefined;
  /** What the task is, shortened to a number, to tell it from its neighbours. */
  readonly fingerprint: number;
  /** Line and column of the definition in the source of its module; `""` if nobody knows. */
  readonly position: string;
  /** How many definitions of that module came before this one. */
  readonly at: number;
  /**
   * The sources of all definitions of that module up to this one, shortened to a number: equal on
   * host and worker if, and only if, both have come to this definition the same way.
   */
  readonly lineage: number;
}

/** A function that only workers import. */
export interface ImportTarget {
  /** URL of its module. */
  readonly href: string;
  /** The name it is exported under. */
  readonly name: string;
}

/** A task as the worker calls it. */
export type TaskFunction = (argument: unknown, signal?: unknown) => unknown;

/** Whether `value` was made by `task()` or `importTask()`. */
export function isTask(value: unknown): value is BrandedTask {
  return typeof value === "object" && value !== null && TASK_BRAND in value;
}

/** Where copies of the library in one worker leave definitions for each other. */
const OFFERED = Symbol.for("knitting.definitions");
type Offers = { [OFFERED]?: readonly BrandedTask[] };

/** Lets this worker find a definition that its module, which is in a bundle, may not export. */
export function offerDefinition(task: BrandedTask): void {
  const { [OFFERED]: offered = [] } = globalThis as Offers;
  if (!Object.isFrozen(offered)) (globalThis as Offers)[OFFERED] = [...offered, task];
}

/** The definitions that were offered. None are kept from here on: tasks may make more and more. */
export function takeDefinitions(): readonly BrandedTask[] {
  const { [OFFERED]: offered = [] } = globalThis as Offers;
  (globalThis as Offers)[OFFERED] = Object.freeze([]);
  return offered;
}

/** The lineage of a definition, from the one before it in its module (0 if there is none). */
export function lineageAfter(previous: number, fingerprint: number): number {
  return hashOf(`${previous} ${fingerprint}`);
}

/** The source text of a function shortened to 32 bits. */
export function fingerprintOf(f: TaskFunction): number {
  return hashOf(Function.prototype.toString.call(f));
}

/** Where an imported function is, shortened to 32 bits. */
export function fingerprintOfTarget({ href, name }: ImportTarget): number {
  return hashOf(`${href} ${name}`);
}
