/**
 * The file system, as far as the policy of workers depends on it. What this program may not see is as
 * if it were not there: nobody is asked for permission.
 *
 * @module
 */

import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { process } from "./builtins.ts";
import { runtime } from "./current.ts";

/** Whether paths are those of Windows. */
export const isWindows: boolean = process.platform === "win32";

/** Between the parts of a path. */
export const separator: string = sep;

/** The user's home directory, if there is one that this program may know. */
export function home(): string | undefined {
  if (
    !isGranted({ name: "env", variable: "HOME" }) || !isGranted({ name: "sys", kind: "homedir" })
  ) {
    return undefined;
  }
  try {
    return homedir() || undefined;
  } catch {
    return undefined;
  }
}

/** An absolute path, of a path or a `file:` URL. */
export function absolute(path: string, base?: string): string {
  const own = path.startsWith("file:") ? fileURLToPath(path) : path;
  return base === undefined ? resolve(own) : resolve(base, own);
}

/** The path with links resolved; what does not exist yet is joined to what does. */
export function realPath(path: string): string {
  if (!isGranted({ name: "read", path })) return path;
  try {
    // To look first is faster than an error, and most that is asked for is not there.
    if (runtime.files.exists(path)) return runtime.files.realPath(path);
  } catch {
    // As if it were not there.
  }
  const parent = dirname(path);
  return parent === path ? path : join(realPath(parent), basename(path));
}

/** Whether something is there. */
export function exists(path: string): boolean {
  try {
    return isGranted({ name: "read", path }) && runtime.files.exists(path);
  } catch {
    return false; // Node throws if it does not allow to look
  }
}

/** Names of links in a folder. */
export function links(folder: string): readonly string[] {
  if (!isGranted({ name: "read", path: folder })) return [];
  try {
    return runtime.files.entries(folder).filter(({ isLink }) => isLink).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Names in a folder; `undefined` if it is none, or cannot be read. */
export function list(folder: string): readonly string[] | undefined {
  if (!isGranted({ name: "read", path: folder })) return undefined;
  try {
    return runtime.files.entries(folder).map(({ name }) => name);
  } catch {
    return undefined;
  }
}

/** Deno would ask the user. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return runtime.name !== "deno" || Deno.permissions.querySync(permission).state === "granted";
}
