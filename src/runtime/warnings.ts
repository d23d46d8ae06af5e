/**
 * What the user should be told.
 *
 * @module
 */

import { process } from "./builtins.ts";

const warned = new Set<string>();

/** Tells the user of something, as a process warning, once in a program for each `about`. */
export function warnOnce(code: string, message: string, about: string = message): void {
  const key = `${code} ${about}`;
  if (warned.has(key)) return;
  warned.add(key);
  process.emitWarning(message, { code });
}
