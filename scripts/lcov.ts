// Reads lcov files, in which all runtimes can write their coverage. Several files about one source
// are runs of the same lines: what one of them has reached is reached.

export interface Branches {
  readonly total: number;
  readonly missed: number;
}

/** By line number, and only of lines that have code on them. */
export interface FileCoverage {
  readonly hits: Map<number, number>;
  readonly branches: Map<number, Branches>;
}

export interface Share {
  reached: number;
  total: number;
}

/** Nothing, a comment, or the end of something, which Bun takes for code that it never reaches. */
const NO_CODE = /^\s*($|\/\/|\/\*|\*|[)\]}]+[;,]?$)/;

/** One source in one file. */
function readRecord(record: string, isCode: (line: number) => boolean): FileCoverage {
  const hits = new Map<number, number>();
  const branches = new Map<number, Branches>();
  for (const [, line, count] of record.matchAll(/^DA:(\d+),(\d+)/gm)) {
    if (isCode(Number(line))) hits.set(Number(line), Number(count));
  }
  // A branch of code that has not run at all has "-" for a count.
  for (const [, text, count] of record.matchAll(/^BRDA:(\d+),\d+,\d+,(\d+|-)/gm)) {
    const line = Number(text);
    if (!isCode(line)) continue;
    const { total, missed } = branches.get(line) ?? { total: 0, missed: 0 };
    branches.set(line, { total: total + 1, missed: missed + (Number(count) > 0 ? 0 : 1) });
  }
  return { hits, branches };
}

/** What several runs have reached together. */
export function sumOf(runs: readonly FileCoverage[]): FileCoverage {
  const sum: FileCoverage = { hits: new Map(), branches: new Map() };
  for (const run of runs) addRun(sum, run);
  return sum;
}

/** Adds a run. V8 names only branches that it has seen go both ways, and numbers them anew each time. */
function addRun(sum: FileCoverage, run: FileCoverage): void {
  for (const line of new Set([...sum.branches.keys(), ...run.branches.keys()])) {
    const [a, b] = [sum, run].map(({ hits, branches }) =>
      hits.get(line) ? branches.get(line) ?? { total: 0, missed: 0 } : undefined
    );
    // A run that has not reached the line knows nothing of its branches.
    const both = a && b &&
      { total: Math.max(a.total, b.total), missed: Math.min(a.missed, b.missed) };
    const known = both ?? a ?? b ?? sum.branches.get(line) ?? run.branches.get(line);
    if (known !== undefined) sum.branches.set(line, known);
  }
  for (const [line, count] of run.hits) sum.hits.set(line, (sum.hits.get(line) ?? 0) + count);
}

/**
 * Reads the text of an lcov file into `found`, by path. `sourceOf` returns the source of a path
 * that is of interest.
 */
export function readLcov(
  text: string,
  found: Map<string, FileCoverage>,
  sourceOf: (path: string) => string | undefined,
): void {
  for (const record of text.split("end_of_record")) {
    const path = record.match(/^SF:(.*)$/m)?.[1];
    const source = path === undefined ? undefined : sourceOf(path);
    if (path === undefined || source === undefined) continue;
    const lines = source.split("\n");
    const run = readRecord(record, (line) => !NO_CODE.test(lines[line - 1] ?? ""));
    const sum = found.get(path);
    if (sum === undefined) found.set(path, run);
    else addRun(sum, run);
  }
}

export function lineShare({ hits }: FileCoverage): Share {
  const counts = [...hits.values()];
  return { reached: counts.filter((count) => count > 0).length, total: counts.length };
}

export function branchShare({ branches }: FileCoverage): Share {
  const share = { reached: 0, total: 0 };
  for (const { total, missed } of branches.values()) {
    share.reached += total - missed;
    share.total += total;
  }
  return share;
}

export function missedLines({ hits }: FileCoverage): number[] {
  return [...hits].filter(([, count]) => count === 0).map(([line]) => line);
}

/** Lines that were reached, but not all ways out of them; those that lead to missed lines are not named twice. */
export function missedBranches({ hits, branches }: FileCoverage): number[] {
  const lines = [...hits.keys()].sort((a, b) => a - b);
  const after = (line: number): number => hits.get(lines.find((other) => other > line) ?? 0) ?? 1;
  return [...branches]
    .filter(([line, { missed }]) => missed > 0 && hits.get(line) !== 0 && after(line) > 0)
    .map(([line]) => line);
}

/** `1-3, 7` */
export function ranges(lines: readonly number[]): string {
  const sorted = [...lines].sort((a, b) => a - b);
  const found: { first: number; last: number }[] = [];
  for (const line of sorted) {
    const range = found.at(-1);
    if (range !== undefined && line === range.last + 1) range.last = line;
    else found.push({ first: line, last: line });
  }
  return found.map(({ first, last }) => first === last ? `${first}` : `${first}-${last}`).join(
    ", ",
  );
}
