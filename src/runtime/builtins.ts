/**
 * What Node has built in and takes long to import: it evaluates all that the module exports then, which
 * are streams and the readline module for `node:fs`, and standard input and output for `node:process`. That
 * costs every worker, and every task module in it, some milliseconds and half a megabyte.
 *
 * @module
 */

import type childProcess from "node:child_process";
import type diagnosticsChannel from "node:diagnostics_channel";
import type fs from "node:fs";
import { createRequire } from "node:module";
import type nodeProcess from "node:process";
import type util from "node:util";

/** `node:process`, which all three runtimes have as a global, too. */
export const process: typeof nodeProcess =
  (globalThis as unknown as { process: typeof nodeProcess }).process;

/** From wherever: these modules are the same everywhere. */
const load = createRequire("/");

/** `node:fs`. */
export function fileSystem(): typeof fs {
  return load("node:fs");
}

/** `node:child_process`. */
export function childProcesses(): typeof childProcess {
  return load("node:child_process");
}

/** `node:diagnostics_channel`. */
export function diagnosticsChannels(): typeof diagnosticsChannel {
  return load("node:diagnostics_channel");
}

/** `node:util`. */
export function utilities(): typeof util {
  return load("node:util");
}
