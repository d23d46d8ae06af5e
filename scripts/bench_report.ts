// What `deno task bench` prints: Markdown, or JSON.

import type { CellResult } from "../bench/support/messages.ts";
import { figure } from "./figure.ts";

/** What the figures depend on. */
export interface Setting {
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly os: string;
    /** Load average of the last minute, before the first measurement. */
    readonly load: number;
    /** Share of the processors that others used just then, 0 to 1. */
    readonly busy: number;
  };
  readonly runtimes: Readonly<Record<string, string>>;
  readonly libraries: Readonly<Record<string, string>>;
  readonly quick: boolean;
}

/** Share of the processors that may be busy with something else. */
const QUIET = 0.1;

/** A cell on one runtime. */
export interface RuntimeResult extends CellResult {
  readonly runtime: string;
}

/** One contender in one cell, as JSON. */
export interface Row {
  readonly runtime: string;
  readonly question: string;
  readonly group: string;
  readonly cell: string;
  readonly unit: string;
  readonly ideal?: number;
  readonly contender: string;
  /** Only there to show how low a figure can be. */
  readonly isBound?: true;
  /** Batches in a row that one sample is the mean of. */
  readonly block: number;
  readonly p50?: number;
  readonly p99?: number;
  readonly mean?: number;
  readonly samples?: number;
  /** p50 of each round. */
  readonly rounds?: readonly number[];
  /** p50 divided by that of the first contender: above 1 it is slower. */
  readonly ratio?: number;
  readonly error?: string;
  /** Why it cannot be measured on this runtime. */
  readonly gap?: string;
}

/** What was measured, as `deno task bench --json` writes it. */
export interface Run extends Setting {
  readonly results: readonly Row[];
  /** What could not be measured. */
  readonly troubles: readonly string[];
}

/** A run that was made in parts: what both have measured is as the later one has it. */
export function addRun(before: Run, later: Run): Run {
  const { machine: { cpu, cores } } = before;
  if (cpu !== later.machine.cpu || cores !== later.machine.cores) {
    throw new Error(
      `Expected results of the same machine, ${cpu} with ${cores} cores, ` +
        `received those of ${later.machine.cpu} with ${later.machine.cores}`,
    );
  }
  const partOf = ({ question, runtime }: Row) => `${question} on ${runtime}: `;
  const cellOf = (row: Row) => `${partOf(row)}${row.group}: ${row.cell}`;
  const parts = [...new Set(later.results.map(partOf))];
  const cells = new Set(later.results.map(cellOf));
  return {
    ...later,
    runtimes: { ...before.runtimes, ...later.runtimes },
    libraries: { ...before.libraries, ...later.libraries },
    quick: before.quick || later.quick,
    results: [...before.results.filter((row) => !cells.has(cellOf(row))), ...later.results],
    troubles: [
      ...before.troubles.filter((trouble) => !parts.some((part) => trouble.startsWith(part))),
      ...later.troubles,
    ],
  };
}

/** A cell, with a row for each contender. */
export function rowsOf({ outcomes, ...cell }: RuntimeResult): Row[] {
  const base = outcomes[0]?.stats?.p50;
  return outcomes.map(({ contender, isBound, block, stats, error, gap }): Row => ({
    ...cell as Omit<typeof cell, "ideal">,
    contender,
    ...isBound && { isBound },
    block,
    ...stats,
    // Timers are often on time: nothing can be compared with 0.
    ...base && stats && { ratio: stats.p50 / base },
    ...error !== undefined && { error },
    ...gap !== undefined && { gap },
  }));
}

/** The head of a report. */
export function settingText({ date, machine, runtimes, libraries, quick }: Setting): string {
  const versions = (record: Readonly<Record<string, string>>) =>
    Object.entries(record).map(([name, version]) => `${name} ${version}`).join(", ");
  return [
    "# Benchmarks",
    "",
    `- date: ${date}`,
    `- machine: ${machine.cpu}, ${machine.cores} cores, ${machine.os}`,
    `- before the start: load ${machine.load.toFixed(2)}, processors ` +
    `${(100 * machine.busy).toFixed(0)} % busy with something else` +
    (machine.busy > QUIET ? ": **these figures say little**" : ""),
    `- runtimes: ${versions(runtimes)}`,
    `- libraries: ${versions(libraries)}`,
    ...quick ? ["- a quick run: it shows that everything works, not how fast it is"] : [],
  ].join("\n");
}

/** The tables of one question on one runtime, one for each group. */
export function tableText(rows: readonly Row[]): string {
  const lines: string[] = [];
  let last: Row | undefined;
  for (const row of rows) {
    if (row.group !== last?.group) lines.push("", ...tableHead(row));
    const cell = row.cell === last?.cell && row.group === last.group ? "" : cellName(row);
    lines.push(`| ${cell} | ${row.contender} | ${figures(row)} |`);
    last = row;
  }
  return lines.join("\n");
}

/** @param first the first contender in the first cell of a group */
function tableHead({ group, contender, unit }: Row): string[] {
  const columns = [group, unit, "p50", "p99", "mean", "samples", "rounds' p50"];
  return [
    `| ${columns.join(" | ")} | p50 / ${contender} |`,
    `| --- | --- |${" --: |".repeat(6)}`,
  ];
}

function cellName({ cell, ideal }: Row): string {
  return ideal === undefined ? cell : `${cell} (ideal ${figure(ideal)})`;
}

function figures({ p50, p99, mean, samples, block, rounds, ratio, error, gap }: Row): string {
  if (p50 === undefined) return `${error ?? `not measured: ${gap}`} | | | | |`;
  const spread = `${figure(Math.min(...rounds!))} to ${figure(Math.max(...rounds!))}`;
  return [
    figure(p50),
    figure(p99!),
    figure(mean!),
    block === 1 ? String(samples) : `${samples} x ${block}`,
    spread,
    ratio === undefined ? "" : ratio.toFixed(2),
  ].join(" | ");
}

/** Where the first contender is not the fastest. */
export function lossesText(results: readonly RuntimeResult[]): string {
  const losses: string[] = [];
  for (const result of results) {
    const rows = rowsOf(result);
    const [first] = rows;
    const fastest = rows.filter(({ isBound }) => !isBound).reduce((a, b) =>
      (b.p50 ?? Infinity) < (a.p50 ?? Infinity) ? b : a
    );
    if (first?.p50 === undefined || fastest === first) continue;
    losses.push(
      `| ${first.question}: ${cellName(first)} | ${first.runtime} ` +
        `| ${first.contender} | ${figure(first.p50)} ` +
        `| ${fastest.contender} | ${figure(fastest.p50!)} | ${(1 / fastest.ratio!).toFixed(2)} |`,
    );
  }
  if (losses.length === 0) return "The first contender has the lowest p50 in every cell.";
  return [
    "Where the first contender does not have the lowest p50:",
    "",
    "| cell | runtime | first | its p50 | fastest | its p50 | first / fastest |",
    "| --- | --- | --- | --: | --- | --: | --: |",
    ...losses,
  ].join("\n");
}

/** What went wrong in a cell. */
export function troublesOf({ runtime, question, cell, outcomes }: RuntimeResult): string[] {
  return outcomes
    .filter(({ error }) => error !== undefined)
    .map(({ contender, error }) => `${question} on ${runtime}: ${cell}, ${contender}: ${error}`);
}
