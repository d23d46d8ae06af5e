import { posix } from "node:path";
import type { FileView } from "../../src/safety/file_view.ts";

/**
 * A file system out of a list of files; folders follow from them. `"/a -> /b"` is a link.
 */
export function fakeFiles(entries: readonly string[], home = "/home/me"): FileView {
  const links = new Map<string, string>();
  const paths = new Set<string>(["/"]);
  for (const entry of entries) {
    const [path, target] = entry.split(" -> ") as [string, string?];
    if (target !== undefined) links.set(path, target);
    for (let one = path; one !== "/"; one = posix.dirname(one)) paths.add(one);
  }
  const list = (folder: string): string[] =>
    [...paths].filter((path) => path !== "/" && posix.dirname(path) === folder)
      .map((path) => posix.basename(path));
  return {
    home: () => home,
    isWindows: false,
    separator: "/",
    absolute: (path, base = "/work") => posix.resolve(base, path.replace(/^file:\/\//, "")),
    realPath: (path) => links.get(path) ?? path,
    exists: (path) => paths.has(path),
    links: (folder) => list(folder).filter((name) => links.has(posix.join(folder, name))),
    list: (folder) => paths.has(folder) ? list(folder) : undefined,
  };
}
