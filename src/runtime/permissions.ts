/**
 * The version of the runtime, what a user is told of, and variables out of files.
 *
 * @module
 */

import process from "node:process";
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { runtime } from "./current.ts";

/** Version of the runtime that this program runs on. */
export const runtimeVersion: string = process.versions[runtime.name] ?? process.versions.node;

const warned = new Set<string>();

/** Tells the user of something, as a process warning, once in a program for each `about`. */
export function warnOnce(code: string, message: string, about: string = message): void {
  const key = `${code} ${about}`;
  if (warned.has(key)) return;
  warned.add(key);
  process.emitWarning(message, { code });
}

/**
 * What files with lines like `NAME=value` say; the last file that names a variable counts.
 *
 * @throws what the runtime throws for a file that is there and cannot be read
 */
export function variablesFromFiles(paths: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const path of paths) {
    try {
      Object.assign(variables, parseEnv(readFileSync(path, "utf8")));
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    }
  }
  return variables;
}
