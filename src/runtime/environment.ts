/**
 * Environment variables.
 *
 * @module
 */

import { fileSystem, process, utilities } from "./builtins.ts";

/** An environment variable; nothing if the program may not look there. */
export function environment(name: string): string | undefined {
  try {
    return process.env[name];
  } catch { // not covered: only on Deno without that permission
    return undefined;
  }
}

/** An environment variable that is taken out of the environment. */
export function takeEnvironment(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}

/** The environment of this program. */
export function environmentVariables(): Record<string, string> {
  return { ...process.env } as Record<string, string>;
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
      Object.assign(variables, utilities().parseEnv(fileSystem().readFileSync(path, "utf8")));
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    }
  }
  return variables;
}
