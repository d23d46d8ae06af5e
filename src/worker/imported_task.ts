/**
 * The function behind an `importTask()`: only workers load it.
 *
 * @module
 */

import { type ImportTarget, isTask, type TaskFunction } from "../runtime/branded_task.ts";
import { type Exports, importModule, namesOf } from "../runtime/import_module.ts";

/**
 * Imports the function. Whatever is wrong with it concerns its own calls and no other task's: then it
 * is a function that throws the reason.
 */
export async function importFunction({ href, name }: ImportTarget): Promise<TaskFunction> {
  let exports: Exports;
  try {
    exports = await importModule(href);
  } catch (error) {
    return () => {
      throw error;
    };
  }
  const found = exports[name];
  if (typeof found === "function") return found as TaskFunction;
  const message = `importTask expected export "${name}" from "${href}" to be a function. ` +
    (isTask(found) ? wrapped(found.target) : "") +
    `Available exports: ${namesOf(exports)}`;
  return () => {
    throw new TypeError(message);
  };
}

function wrapped(target: ImportTarget | undefined): string {
  return `It is ${target === undefined ? "a task()" : "an importTask()"} definition: ` +
    "export the function itself, and give timeout and abortSignal to importTask. ";
}
