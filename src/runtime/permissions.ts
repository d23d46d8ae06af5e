/**
 * What this program may do itself, what it gives up, and what it tells about it.
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

/**
 * Gives up the permission to load these native libraries, for good: on Deno, and on Node, where that is
 * the permission to load any, if its version can. What is loaded stays usable.
 */
export function dropNative(paths: readonly string[]): void {
  if (paths.length === 0) return;
  if (runtime.name === "deno") {
    for (const path of paths) Deno.permissions.revokeSync({ name: "ffi", path });
  } else if (runtime.name === "node") {
    const { permission } = process as { permission?: { drop?(scope: string): void } };
    permission?.drop?.("addon");
  }
}
