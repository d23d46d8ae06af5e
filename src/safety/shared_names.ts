/**
 * Shared memory with a name, where names are files: a policy speaks of it as of any file.
 *
 * @module
 */

import { isBoundAsItIs } from "./bubblewrap.ts";
import { type FileView, isInside } from "./file_view.ts";
import type { Allowed, Policy } from "./policy.ts";

/** Where the names are. */
const FOLDER = "/dev/shm";

/**
 * Tells of names, without a slash, whether workers may read and write that memory, whoever made it.
 *
 * @param sandboxed whether they see only what is bound into a sandbox
 */
export function sharedNames(
  { read, write, denyRead, denyWrite }: Policy,
  sandboxed: boolean,
  files: FileView,
): (name: string) => boolean {
  // Some systems have a link there; lists have paths with links and without.
  const folders = [FOLDER, files.realPath(FOLDER)];
  const { separator } = files;
  const allowed = [read, write].map((list) => sandboxed ? boundOf(list) : list);
  const denied = [...denyRead, ...denyWrite];
  return (name) => {
    const paths = folders.map((folder) => folder + separator + name);
    const inList = (list: readonly string[]): boolean =>
      list.some((folder) => paths.some((path) => isInside(path, folder, { separator })));
    return allowed.every((list) => list === true || inList(list)) && !inList(denied);
  };
}

function boundOf(list: Allowed): Allowed {
  return list === true ? [] : list.filter(isBoundAsItIs);
}
