/**
 * The options about processes in a browser, which has none.
 *
 * @module
 */

import { type Given, oneOf } from "./checks.ts";
import { processOptionNames, type ProcessOptions } from "./process_option_names.ts";
import type { ResolvedProcessOptions } from "./resolve_process_options.ts";

/** @throws {TypeError} for a process, and for what only processes have */
export function resolveProcess(o: Given<ProcessOptions>): ResolvedProcessOptions | undefined {
  oneOf("worker.runtime in a browser", o.runtime, "thread", ["thread"]);
  const name = processOptionNames.find((name) => o[name] !== undefined);
  if (name === undefined) return undefined;
  throw new TypeError(`worker.${name} cannot be given in a browser: it has no processes`);
}
