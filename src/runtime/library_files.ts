/**
 * Where the files of this library are: as they were published, or all in a bundle that somebody has
 * made of them and of other code.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { process } from "./builtins.ts";

/** What bundles in CommonJS have instead of `import.meta.url`. */
declare const __filename: string;

/** Where this module is, if it is a file of its own. */
const OWN_FILE = /\/src\/runtime\/library_files\.([jt]s)$/;

/**
 * The URL of a module of this library.
 *
 * @param meta its `import.meta.url`; nothing in a bundle in CommonJS
 */
export function ownUrl(meta: string | undefined): URL {
  return meta === undefined ? pathToFileURL(__filename) : new URL(meta); // not covered: only in a bundle, which tests/package/ runs
}

/** Where Bun keeps what is in an executable, on Linux and macOS, and on Windows. */
const IN_EXECUTABLE = /^\/(?:\$bunfs|[A-Z]:\/~BUN)\//;

const own = ownUrl(import.meta.url);
const ending = OWN_FILE.exec(own.pathname)?.[1];

/** Whether this library is in a bundle. */
export const isBundled: boolean = ending === undefined;

/** Whether this is an executable that Bun has made: nothing else can run the modules in it. */
export const isInExecutable: boolean = IN_EXECUTABLE.test(own.pathname);

/** The URL of a module of this library, by its path without an ending; not in a bundle. */
export function libraryModule(path: string): URL {
  return libraryFile(`${path}.${ending}`);
}

/**
 * The URL of a file of this library, by its path; in a bundle, of what is expected beside that or beside
 * the executable that it has become.
 */
export function libraryFile(path: string): URL {
  if (!isBundled) return new URL(`../../${path}`, own); // not covered: only in a bundle, which tests/package/ runs
  return new URL(path, isInExecutable ? pathToFileURL(process.execPath) : own); // not covered: only in a bundle, which tests/package/ runs
}

/** The part of the bundle that serves calls in a worker. */
let bundledEntry: URL | undefined;

/** Said as it is loaded by the part of the bundle that workers can run. */
export function offerBundledEntry(entry: URL): void { // not covered: only in a bundle, which tests/package/ runs
  bundledEntry = entry;
}

/** What was offered. */
export function offeredEntry(): URL | undefined { // not covered: only in a bundle, which tests/package/ runs
  return bundledEntry;
}
