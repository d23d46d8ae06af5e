// Finds the examples in a document: its ```ts blocks. A block that starts with a file name in a comment
// ("// main.ts") belongs together with the named blocks right before and after it, below the same heading.

/** One program, or a module by itself. */
export interface Example {
  /** Where its first block stands in the document, counted from 1. */
  readonly line: number;
  /** In the order of the document. */
  readonly files: readonly ExampleFile[];
}

/** One block. */
export interface ExampleFile {
  /** Relative; no two of a document are the same. */
  readonly path: string;
  /** It begins with as many lines as there are before the block, so that errors tell the right one. */
  readonly text: string;
}

interface Block {
  /** Where its first line stands in the document, counted from 1. */
  line: number;
  /** The line of the heading above it, counted from 1; 0 if there is none. */
  heading: number;
  lines: string[];
  /** The file that its first line names. */
  name: string | undefined;
}

/** The examples of a document. */
export function examplesOf(markdown: string): Example[] {
  const examples: { line: number; files: ExampleFile[] }[] = [];
  let taken: Set<string> | undefined; // names in the example that is open
  let open = 0; // the heading above it
  for (const { line, heading, lines, name } of findBlocks(markdown)) {
    // A block without a name, or a name for the second time, starts a new example.
    if (heading !== open || taken === undefined || name === undefined || taken.has(name)) {
      examples.push({ line, files: [] });
      taken = new Set();
      open = heading;
    }
    const example = examples.at(-1)!;
    const text = "\n".repeat(line - 1) + lines.join("\n") + "\n";
    example.files.push({ path: `line_${example.line}/${name ?? "example.ts"}`, text });
    if (name === undefined) taken = undefined;
    else taken.add(name);
  }
  return examples;
}

function findBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  let heading = 0;
  let fence = ""; // of the block that we are in
  let block: Block | undefined; // undefined in blocks of other languages
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const text = line.trim();
    if (fence !== "") {
      if (text.startsWith(fence) && text === fence[0]!.repeat(text.length)) fence = "";
      else block?.lines.push(line);
      continue;
    }
    if (text.startsWith("#")) heading = index + 1;
    const opening = /^(`{3,}|~{3,})\s*(.*)$/.exec(text);
    if (opening === null) continue;
    fence = opening[1]!;
    block = opening[2] === "ts"
      ? { line: index + 2, heading, lines: [], name: undefined }
      : undefined;
    if (block !== undefined) blocks.push(block);
  }
  for (const one of blocks) one.name = /^\s*\/\/ ([\w./-]+\.ts)\s*$/.exec(one.lines[0] ?? "")?.[1];
  return blocks;
}
