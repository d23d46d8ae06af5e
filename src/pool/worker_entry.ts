/**
 * What workers run.
 *
 * @module
 */

/** The path of the workers' entry: TypeScript as it is, or what it was compiled to. */
export function workerEntry(): URL {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`../worker/entry.${ending}`, import.meta.url);
}
