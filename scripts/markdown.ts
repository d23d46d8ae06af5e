// What a Markdown document has in it, read as GitHub reads it: headings with their anchors, links, and the text
// that is no code.

/** A link or an image. */
export interface Link {
  /** Counted from 1. */
  readonly line: number;
  /** As it is written: an address, a path, `#anchor`, or a path with one. */
  readonly target: string;
  readonly isImage: boolean;
  /** Where the target stands in the document, in characters. */
  readonly at: number;
}

/** `[text](target)`, with or without a title; an image is a link with a `!` before it. */
const LINK =
  /(!?)\[(?:[^[\]]|\[[^\]]*\]\([^)]*\))*\]\(\s*<?([^\s)>]+)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/g;

/** The links of a document, but for those in code and in comments. */
export function linksOf(markdown: string): Link[] {
  const text = withoutCode(markdown);
  const found: Link[] = [];
  const read = (part: string, from: number): void => {
    for (const match of part.matchAll(LINK)) {
      const [whole, bang, target] = match;
      const at = from + match.index + whole.lastIndexOf(target!);
      found.push({ line: lineAt(text, at), target: target!, isImage: bang === "!", at });
      // An image may be the text of a link.
      const inner = whole.slice(bang!.length + 1, whole.lastIndexOf("]("));
      read(inner, from + match.index + bang!.length + 1);
    }
  };
  read(text, 0);
  return found.sort((one, other) => one.at - other.at);
}

/** The anchors of the headings of a document, in order. */
export function anchorsOf(markdown: string): string[] {
  const taken = new Map<string, number>();
  return headingsOf(markdown).map((heading) => {
    const slug = slugOf(heading);
    const times = taken.get(slug) ?? 0;
    taken.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

/** The texts of the headings of a document, in order. */
export function headingsOf(markdown: string): string[] {
  const lines = markdown.split("\n");
  return withoutFences(markdown).split("\n").flatMap((line, index) =>
    /^#{1,6} /.test(line) ? [lines[index]!.replace(/^#+ +/, "").trim()] : []
  );
}

/** The anchor of a heading with this text, if it is the first of its name. */
export function slugOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  return text.replace(/[^\p{L}\p{N}\p{M} _-]/gu, "").replaceAll(" ", "-");
}

/** The same text in the same places, with spaces for blocks of code. */
function withoutFences(markdown: string): string {
  let fence = "";
  return markdown.split("\n").map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === "" && mark === undefined) return line;
    if (fence === "") fence = mark!;
    else if (mark?.startsWith(fence) && line.trim() === mark) fence = "";
    return " ".repeat(line.length);
  }).join("\n");
}

/** The same for code in lines, and for comments. */
function withoutCode(markdown: string): string {
  return withoutFences(markdown).replace(
    /(`+)(?!`)[^`].*?(?<!`)\1(?!`)|<!--[^]*?-->/g,
    (hidden) => hidden.replace(/[^\n]/g, " "),
  );
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}
