// Where documents are on the site of the documentation, and what leads to them there.

import { posix } from "node:path";
import { linksOf } from "./markdown.ts";

/** The first page. */
export const INDEX = "docs/README.md";

/** Where a document is on the site, from its path in the project. */
export function pageOf(document: string): string {
  if (document === INDEX) return "index.md";
  return document.replace(/^docs\//, "").replace(/\/README\.md$/, ".md").toLowerCase();
}

/** The document with links between pages, and those to other files that it has. */
export function stagePage(document: string, markdown: string): { text: string; others: string[] } {
  const page = pageOf(document);
  const others: string[] = [];
  let text = "";
  let from = 0;
  for (const { target, at, isImage } of linksOf(markdown)) {
    const [path = "", anchor] = target.split("#");
    if (/^[a-z]+:/.test(target) || path === "") continue;
    const file = posix.join(posix.dirname(document), path);
    others.push(file);
    const toPage = posix.relative(posix.dirname(page), pageOf(file));
    const to = file.endsWith(".md") || isImage ? `./${toPage}` : `/${file}`;
    text += markdown.slice(from, at) + to + (anchor === undefined ? "" : `#${anchor}`);
    from = at + target.length;
  }
  return { text: text + markdown.slice(from), others };
}

/** A heading of the menu, and what is below it. */
export interface SidebarGroup {
  readonly text: string;
  readonly items: { readonly text: string; readonly link: string }[];
}

/** The headings of the index, with the links below them. */
export function sidebarOf(index: string): SidebarGroup[] {
  const [, ...sections] = index.split(/^## /m);
  return sections.map((section) => ({
    text: section.slice(0, section.indexOf("\n")),
    items: [...section.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, text, target]) => ({
      text: text![0]!.toUpperCase() + text!.slice(1),
      link: `/${pageOf(posix.join("docs", target!)).replace(/\.md$/, "")}`,
    })),
  }));
}
