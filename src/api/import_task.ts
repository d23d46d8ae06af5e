/**
 * `importTask`: a task whose function only workers load.
 *
 * @module
 */

import { KnittingError, received } from "../errors.ts";
import type { AbortToolkit } from "../runtime/call_signal.ts";
import { fields, type Given, optionalText, text } from "./checks.ts";
import { type AnyDefinition, define } from "./definition.ts";
import { callerOf, moduleUrl } from "./module_url.ts";
import type { TaskOptions } from "./task.ts";
import { type AbortOption, declarationNames, declarationsIn } from "./task_options.ts";
import type { TaskDefinition } from "./types.ts";

/** What {@linkcode importTask} takes. */
export interface ImportTaskOptions extends Omit<TaskOptions<never>, "f" | "abortSignal"> {
  /** The module: a URL, an absolute path, or a path relative to the module that calls `importTask`. */
  readonly href: string;
  /** The name the function is exported under. Default `"default"`. */
  readonly name?: string;
  /** Not given, or else see {@linkcode AbortableImportTaskOptions}. */
  readonly abortSignal?: undefined;
}

/** What {@linkcode importTask} takes for an abort-aware task. */
export interface AbortableImportTaskOptions extends Omit<ImportTaskOptions, "abortSignal"> {
  /** The function gets a signal, and calls can be told to stop. */
  readonly abortSignal: AbortOption;
}

/**
 * Describes a task whose function is in another module, which workers import and this thread does
 * not: its code runs in workers only, with what they are allowed to do. The function itself must be
 * exported there, not a `task()` of it.
 *
 * Like other definitions it must be exported from the module that makes it. Types are pinned, as
 * nothing is there to infer them from: `importTask<Input, Output>({ href })`.
 *
 * Calls reject with a `TypeError` if the export is missing or not a function, and with the error of
 * the module if that throws when imported.
 *
 * @param options `href`, `name`: module and export; `timeout`, `retry`, `stream`
 * @throws {TypeError} if `href` or `name` is not text, an option has the wrong type, or does not exist
 * @throws {RangeError} for a timeout below 0 and for NaN, and for `retry` out of range
 *
 * @example
 * ```ts
 * // worker-tasks.ts
 * export const add = ([left, right]: [number, number]) => left + right;
 * ```
 * ```ts
 * // main.ts
 * import { createPool, importTask, isMain } from "@vixeny/knitting";
 *
 * export const add = importTask<[number, number], number>({
 *   href: "./worker-tasks.ts",
 *   name: "add",
 * });
 *
 * if (isMain) {
 *   const pool = createPool({ threads: 2 })({ add });
 *   console.log(await pool.call.add([2, 3])); // 5
 *   await pool.shutdown();
 * }
 * ```
 */
export function importTask<A = void, B = void>(
  options: ImportTaskOptions,
): TaskDefinition<(argument: A) => B>;
/**
 * The same for an abort-aware task.
 *
 * @param options `href`, `name`: module and export; `timeout`, `abortSignal`, `retry`, `stream`
 */
export function importTask<A = void, B = void>(
  options: AbortableImportTaskOptions,
): TaskDefinition<(argument: A, signal: AbortToolkit) => B, AbortOption>;
export function importTask(
  options: ImportTaskOptions | AbortableImportTaskOptions,
): AnyDefinition {
  const o: Given<ImportTaskOptions> = fields("importTask options", options, [
    "href",
    "name",
    ...declarationNames,
  ]);
  const href = text("importTask href", o.href);
  const name = optionalText("importTask name", o.name, "default");
  const caller = callerOf(importTask);
  const target = { href: targetUrl(href, caller.url), name };
  return define("importTask", {
    f: () => refuse(target.href, name),
    caller,
    target,
    declarations: declarationsIn(o),
  });
}

function targetUrl(href: string, base: string): string {
  try {
    return moduleUrl(href, base);
  } catch (cause) {
    throw new TypeError(`importTask href must be a path or a URL, received ${received(href)}`, {
      cause,
    });
  }
}

function refuse(href: string, name: string): never {
  throw new KnittingError(
    "KNT_ERROR_TASK",
    `Imported tasks run in workers only: "${name}" from ${href} is not loaded here. ` +
      "Call it through a pool.",
  );
}
