/**
 * What the file that describes this library says.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { fileSystem } from "./builtins.ts";
import { isBundled, libraryFile } from "./library_files.ts";

/** The part of `package.json` of the npm package, and of `deno.json` otherwise, that is used here. */
export interface ProjectFile {
  readonly version?: string;
  readonly homepage?: string;
}

/** What it says; nothing if it cannot be read. */
export async function projectFile(): Promise<ProjectFile> {
  if (isBundled) return {}; // not covered: only in a bundle, which tests/package/ runs
  for (const name of ["package.json", "deno.json"]) {
    try {
      return JSON.parse(await textOf(libraryFile(name)));
    } catch {
      // The other one, or none.
    }
  }
  return {}; // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
}

async function textOf(url: URL): Promise<string> {
  if (url.protocol === "file:") return fileSystem().readFileSync(fileURLToPath(url), "utf8");
  const answer = await fetch(url); // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`); // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
  return await answer.text(); // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
}
