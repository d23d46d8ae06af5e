// Checks that the relative links and the anchors of Markdown documents lead somewhere. Addresses on the web are
// left alone.

import { posix } from "node:path";
import { anchorsOf, linksOf } from "./markdown.ts";

/** What there is to lead to. */
export interface Tree {
  /** The text of a document, by its path from the root; `undefined` if it is not there. */
  read(path: string): string | undefined;
  /** Whether there is a file or a folder. */
  exists(path: string): boolean;
}

/** One sentence for each link that leads nowhere. */
export function deadLinks(document: string, { read, exists }: Tree): string[] {
  return linksOf(read(document)!).flatMap(({ line, target }) => {
    if (/^[a-z][a-z+.-]*:/i.test(target)) return [];
    const [path = "", anchor] = decodeURIComponent(target).split("#");
    const file = path === "" ? document : posix.join(posix.dirname(document), path);
    const dead = (why: string) => [`${document}:${line}: ${target} ${why}`];
    if (file.startsWith("../") || path.startsWith("/")) return dead("leads out of the project");
    if (!exists(file)) return dead("is not there");
    if (anchor === undefined) return [];
    if (!file.endsWith(".md")) return dead("has an anchor, and is no Markdown");
    return anchorsOf(read(file)!).includes(anchor) ? [] : dead("names a heading that is not there");
  });
}
