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

/**
 * A look at the file system. Each path is looked at once: it is for as long as nothing is to change, say while
 * what one pool's workers may do is found out.
 */
export class FileView {
  /** Whether paths are those of Windows. */
  readonly isWindows: boolean = process.platform === "win32";
  /** Between the parts of a path. */
  readonly separator: string = sep;
  readonly #entries = once(entriesOf);

  /** The user's home directory, if there is one that this program may know. */
  home(): string | undefined {
    if (
      !isGranted({ name: "env", variable: "HOME" }) || !isGranted({ name: "sys", kind: "homedir" })
    ) {
      return undefined; // not covered: only on Deno without that permission
    }
    try {
      return homedir() || undefined; // not covered: only where there is no home
    } catch { // not covered: only where there is no home
      return undefined;
    }
  }

  readonly absolute = absolute;

  /** Whether something is there. */
  readonly exists: (path: string) => boolean = once((path) => {
    try {
      return isGranted({ name: "read", path }) && runtime.files.exists(path);
    } catch {
      return false; // not covered: Node throws if it does not allow to look, and turns coverage off then
    }
  });

  /** The path with links resolved; what does not exist yet is joined to what does. */
  readonly realPath: (path: string) => string = once((path) => {
    if (!isGranted({ name: "read", path })) return path; // not covered: only on Deno without that permission
    try {
      // To look first is faster than an error, and most that is asked for is not there.
      if (this.exists(path)) return runtime.files.realPath(path);
    } catch { // not covered: only if a file is gone in the meantime
      // As if it were not there.
    }
    const parent = dirname(path);
    return parent === path ? path : join(this.realPath(parent), basename(path)); // not covered: only where there is no root
  });

  /** Names of links in a folder. */
  links(folder: string): readonly string[] {
    return (this.#entries(folder) ?? []).filter(({ isLink }) => isLink).map(({ name }) => name);
  }

  /** Names in a folder; `undefined` if it is none, or cannot be read. */
  list(folder: string): readonly string[] | undefined {
    return this.#entries(folder)?.map(({ name }) => name);
  }
}

/** An absolute path, of a path or a `file:` URL. */
export function absolute(path: string, base?: string): string {
  const own = path.startsWith("file:") ? fileURLToPath(path) : path;
  return base === undefined ? resolve(own) : resolve(base, own);
}

function entriesOf(folder: string): ReturnType<typeof runtime.files.entries> | undefined {
  if (!isGranted({ name: "read", path: folder })) return undefined; // not covered: only on Deno without that permission
  try {
    return runtime.files.entries(folder);
  } catch {
    return undefined;
  }
}

/** The same function, which is called once for each path. */
function once<T>(look: (path: string) => T): (path: string) => T {
  const found = new Map<string, T>();
  return (path) => {
    if (!found.has(path)) found.set(path, look(path));
    return found.get(path)!;
  };
}

/** Deno would ask the user. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return runtime.name !== "deno" || Deno.permissions.querySync(permission).state === "granted";
}
