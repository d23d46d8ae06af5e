/**
 * Where programs are.
 *
 * @module
 */

import { delimiter, join, sep } from "node:path";
import { fileSystem } from "./builtins.ts";
import { environment } from "./environment.ts";

/** The path of a program, without links; `undefined` if there is none. */
export function programPath(name: string): string | undefined {
  const folders = name.includes(sep) ? [""] : (environment("PATH") ?? "").split(delimiter); // not covered: only without PATH
  const { accessSync, constants, realpathSync } = fileSystem();
  for (const folder of folders) {
    try {
      const path = realpathSync(folder === "" ? name : join(folder, name));
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there, or not to be run.
    }
  }
  return undefined;
}
