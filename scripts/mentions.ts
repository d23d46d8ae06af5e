// Finds names that no page mentions.

/** What has to be mentioned. */
export interface Names {
  /** As they are written, in full, such as `worker.timers.parkMs`: in the first cell of a row of a table. */
  readonly options: readonly string[];
  /** Anywhere in code, as a word. */
  readonly words: readonly string[];
}

/** One sentence for each name that is not in the pages. */
export function unmentioned(markdown: string, { options, words }: Names): string[] {
  const firstCells = [...markdown.matchAll(/^\|([^|\n]*)\|/gm)].map(([, cell]) => cell!);
  const blocks = [...markdown.matchAll(/^```[^]*?^```/gm)].map(([block]) => block);
  const spans = [...markdown.replace(/^```[^]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)]
    .map(([, code]) => code!);
  const described = new Set(firstCells.flatMap((cell) => cell.match(/(?<=`)[^`]+(?=`)/g) ?? []));
  const inCode = new Set([...blocks, ...spans].join("\n").match(/[\p{L}\p{N}_$]+/gu));
  return [
    ...options.filter((name) => !described.has(name))
      .map((name) => `docs/ has no row of a table for the option \`${name}\``),
    ...words.filter((name) => !inCode.has(name)).map((name) => `docs/ does not mention ${name}`),
  ];
}
