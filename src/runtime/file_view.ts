/**
 * The file system, as far as the policy of workers depends on it.
 *
 * @module
 */

import { existsSync, readdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The user's home directory, if there is one that this program may know. */
export function home(): string | undefined {
  try {
    return homedir() || undefined;
  } catch {
    return undefined;
  }
}

/** Whether paths are those of Windows. */
export const isWindows: boolean = process.platform === "win32";

/** Between the parts of a path. */
export const separator: string = sep;

/** An absolute path, of a path or a `file:` URL. */
export function absolute(path: string, base: string = process.cwd()): string {
  return resolve(base, path.startsWith("file:") ? fileURLToPath(path) : path);
}

/** The path with links resolved; what does not exist yet is joined to what does. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

/** Whether something is there, as far as this program may see. */
export function exists(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
}

/** Names in a folder; `undefined` if it is none, or cannot be read. */
export function list(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}
