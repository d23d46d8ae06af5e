/**
 * Modules by URL.
 *
 * @module
 */

/**
 * What the module at a URL exports. Which one is known only when the program runs, so bundlers are told to
 * leave it alone.
 */
export function importModule(href: string): Promise<Readonly<Record<string, unknown>>> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ href);
}
