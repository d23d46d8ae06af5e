/**
 * What workers run.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { isBundled, libraryFile, libraryModule, offeredEntry } from "../runtime/library_files.ts";

/**
 * What workers run: a module of this library, or the bundle that it is in.
 *
 * @throws {KnittingError} `KNT_ERROR_WORKER_STARTUP` if the bundle lacks what workers run
 */
export function workerEntry(): URL {
  if (!isBundled) return libraryModule("src/worker/entry");
  const entry = offeredEntry(); // not covered: only in a bundle, which tests/package/ runs
  if (entry !== undefined) return entry; // not covered: only in a bundle, which tests/package/ runs
  const bundle = libraryFile(""); // not covered: only in a bundle, which tests/package/ runs
  throw new KnittingError( // not covered: only in a bundle, which tests/package/ runs
    "KNT_ERROR_WORKER_STARTUP",
    `${bundle} is a bundle without the part of knitting that workers run: the bundler was ` +
      "told to drop modules for their side effects, against what package.json says. Keep them, or give " +
      "createPool a source: a module of its own that calls workerMainLoop().",
  );
}
