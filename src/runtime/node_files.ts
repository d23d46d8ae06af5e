/**
 * The file system of Node, which Bun has, too.
 *
 * @module
 */

import { fileSystem } from "./builtins.ts";
import type { Files } from "./runtime.ts";

/** The file system. */
export const nodeFiles: Files = {
  exists: (path) => fileSystem().existsSync(path),
  realPath: (path) => fileSystem().realpathSync.native(path),
  entries: (folder) =>
    fileSystem().readdirSync(folder, { withFileTypes: true })
      .map((entry) => ({ name: entry.name, isLink: entry.isSymbolicLink() })),
};
