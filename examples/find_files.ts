// The files that hash_files.ts works on.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const MiB = 1024 * 1024;
/** Folders that hold nothing written by hand. */
const GENERATED = new Set([".git", ".tmp", "coverage", "npm"]);
/** Installed libraries are taken only for more work: their sources, until there is this much. */
const LIBRARIES = "node_modules";
const LIBRARY_SOURCE = /\.(?:[cm]?[jt]s|h)$/;
const LIBRARIES_UNTIL_BYTES = 24 * MiB;

/** A pool refuses larger payloads, unless its `payload` options say otherwise. */
export const MAX_FILE_BYTES: number = 8 * MiB;

export interface File {
  readonly path: string;
  readonly bytes: number;
}

export interface FoundFiles {
  /** Every file of the folder itself. */
  readonly own: readonly File[];
  /** Sources of installed libraries. */
  readonly libraries: readonly File[];
  /** How many were left out for their size. */
  readonly tooLarge: number;
}

export function findFiles(folder: string): FoundFiles {
  const own: File[] = [];
  const libraries: File[] = [];
  let tooLarge = 0;
  let total = 0;
  const add = (list: File[], path: string): void => {
    const bytes = statSync(path).size;
    if (bytes > MAX_FILE_BYTES) {
      tooLarge++;
      return;
    }
    list.push({ path, bytes });
    total += bytes;
  };
  for (const path of walk(folder, (name) => name !== LIBRARIES && !GENERATED.has(name))) {
    add(own, path);
  }
  for (const path of walk(join(folder, LIBRARIES), () => true)) {
    if (total >= LIBRARIES_UNTIL_BYTES) break;
    if (LIBRARY_SOURCE.test(path)) add(libraries, path);
  }
  return { own, libraries, tooLarge };
}

/** The paths of all files in a folder, in an order that is the same every time. */
function* walk(folder: string, enters: (name: string) => boolean): Generator<string> {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = join(folder, entry.name);
    // A link is neither file nor folder here: what it leads to is found where it is.
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && enters(entry.name)) yield* walk(path, enters);
  }
}
