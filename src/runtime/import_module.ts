/**
 * Modules by URL.
 *
 * @module
 */

/** What a module exports. */
export type Exports = Readonly<Record<string, unknown>>;

/**
 * What the module at a URL exports. Which one is known only when the program runs, so bundlers are told to
 * leave it alone.
 */
export function importModule(href: string): Promise<Exports> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ href);
}

/** The names of what it exports, for messages. */
export function namesOf(exports: Exports): string {
  return Object.keys(exports).join(", ") || "none"; // not covered: only of a module without exports
}
