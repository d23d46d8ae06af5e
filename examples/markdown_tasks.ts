// The task of markdown.ts.

import { marked } from "marked";
import { task } from "../mod.ts";

/** Markdown to a piece of HTML. */
export const toHtml = task({
  f: (markdown: string): string => marked.parse(markdown, { async: false }),
});
