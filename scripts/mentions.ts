// Finds names that no page mentions.

/** What has to be mentioned. */
export interface Names {
  /** As they are written, in full: as code of their own, `worker.timers.parkMs`. */
  readonly options: readonly string[];
  /** Anywhere in code, as a word. */
  readonly words: readonly string[];
}

/** One sentence for each name that is not in the pages. */
export function unmentioned(markdown: string, { options, words }: Names): string[] {
  const blocks = [...markdown.matchAll(/^```[^]*?^```/gm)].map(([block]) => block);
  const spans = [...markdown.replace(/^```[^]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)]
    .map(([, code]) => code!);
  const alone = new Set(spans);
  const inCode = new Set([...blocks, ...spans].join("\n").match(/[\p{L}\p{N}_$]+/gu));
  return [
    ...options.filter((name) => !alone.has(name))
      .map((name) => `docs/ does not say what the option \`${name}\` is`),
    ...words.filter((name) => !inCode.has(name)).map((name) => `docs/ does not mention ${name}`),
  ];
}
