// Makes bench/results/README.md, and its plots, out of the runs in bench/results/*.json:
//
//   mkdir -p bench/results && deno task bench --into bench/results/<machine>.json && deno task bench:page
//
// Everything on the page comes from these files: what was not measured is not there.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, scheme, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { type Row, type Run, settingText, tableText } from "./bench_report.ts";
import { figure } from "./figure.ts";

const FOLDER = new URL("../bench/results/", import.meta.url);

const HEAD = `# Results

Made by \`deno task bench:page\` from the runs beside it; each is what \`deno task bench --into\` kept on one
machine, of all questions or of some. Contenders take turns in the same run, in rounds; figures are over all samples of all
rounds. A ratio is the p50 of a contender divided by that of the first one in its cell: above 1 it is slower.
What the questions ask is in [the page on benchmarks](../README.md).
`;

/** Plots of one run: its name, what it shows, and how. */
interface Plot {
  readonly name: string;
  readonly title: string;
  readonly spec: (rows: readonly Row[]) => TopLevelSpec | undefined;
}

const PLOTS: readonly Plot[] = [
  { name: "latency", title: "A call with a number, one or many together", spec: latencySpec },
  { name: "payload", title: "A value there and back, one call at a time", spec: payloadSpec },
  { name: "ratios", title: "Every cell of every question", spec: ratioSpec },
];

const COLUMN = { field: "runtime", type: "nominal", title: null } as const;
const COLOR = { field: "contender", type: "nominal", title: null } as const;

/** Lines on logarithmic scales, a plot for each runtime. */
function lines(
  values: readonly object[],
  x: object,
  y: object,
  row?: object,
): TopLevelSpec | undefined {
  return values.length === 0 ? undefined : {
    data: { values: [...values] },
    width: 220,
    height: 200,
    mark: { type: "line", point: true },
    encoding: {
      column: COLUMN,
      color: COLOR,
      x: { type: "quantitative", scale: { type: "log" }, ...x },
      y: { type: "quantitative", scale: { type: "log" }, ...y },
      ...row && { row },
    },
  };
}

function latencySpec(rows: readonly Row[]): TopLevelSpec | undefined {
  const values = rows.flatMap((row) => {
    const [, count] = row.cell.match(/^number x(\d+)$/) ?? [];
    if (row.question !== "latency" || count === undefined || row.p50 === undefined) return [];
    return [{ ...row, count: Number(count), perCall: row.p50 / Number(count) }];
  });
  return lines(
    values,
    { field: "count", title: "calls together", axis: { values: [1, 10, 100, 1000] } },
    { field: "perCall", title: "microseconds for each call, p50" },
  );
}

function payloadSpec(rows: readonly Row[]): TopLevelSpec | undefined {
  const values = rows.flatMap((row) => {
    const [, kind, size, unit] = row.cell.match(/^(string|unicode|bytes) (\d+) (\w+) x1$/) ?? [];
    if (row.question !== "payload" || kind === undefined || row.p50 === undefined) return [];
    const scale = { B: 1, KiB: 1024, MiB: 1024 ** 2 }[unit!]!;
    return [{ ...row, kind, bytes: Number(size) * scale }];
  });
  return lines(
    values,
    { field: "bytes", title: "bytes", scale: { type: "log", base: 2 } },
    { field: "p50", title: "microseconds, p50" },
    { field: "kind", type: "nominal", title: null },
  );
}

/** Where a contender is left of the line it is faster than the first one. */
function ratioSpec(rows: readonly Row[]): TopLevelSpec | undefined {
  const values = rows.filter(({ ratio, isBound }) =>
    ratio !== undefined && ratio !== 1 && !isBound
  );
  return values.length === 0 ? undefined : {
    data: { values },
    width: 260,
    facet: { column: COLUMN },
    spec: {
      layer: [
        { mark: { type: "rule", color: "#888" }, encoding: { x: { datum: 1 } } },
        {
          mark: { type: "point", filled: true, opacity: 0.6 },
          encoding: {
            color: COLOR,
            x: {
              field: "ratio",
              type: "quantitative",
              scale: { type: "log" },
              title: "p50 / that of the first contender",
            },
            y: { field: "question", type: "nominal", title: null },
          },
        },
      ],
    },
  } as TopLevelSpec;
}

const COLORS = scheme("tableau20") as readonly string[];

/** @param contenders in all plots of a run, so that each has one color in all of them */
async function draw(spec: TopLevelSpec, contenders: readonly string[]): Promise<string> {
  const { values } = spec.data as { readonly values: readonly Row[] };
  const drawn = new Set(values.map(({ contender }) => contender));
  const domain = contenders.filter((name) => drawn.has(name));
  const range = domain.map((name) => COLORS[contenders.indexOf(name) % COLORS.length]);
  const config = { legend: { labelLimit: 300 } };
  const { spec: view } = compile({ ...spec, background: "white", config });
  for (const scale of view.scales ?? []) {
    if (scale.name === "color") Object.assign(scale, { domain, range });
  }
  return await new View(parse(view), { renderer: "none" }).toSVG();
}

/** Cells in which the first contender is the fastest, by question and runtime. */
function scoreText(rows: readonly Row[]): string {
  const score = new Map<string, { won: number; all: number; worst: number }>();
  for (const cell of Map.groupBy(rows, (row) => [row.question, row.runtime, row.cell].join("|"))) {
    const [first, ...others] = cell[1];
    if (first?.p50 === undefined) continue;
    const ratios = others.flatMap(({ ratio, isBound }) => isBound ? [] : ratio ?? []);
    if (ratios.length === 0) continue;
    const key = `| ${first.question} | ${first.runtime} | ${first.contender} |`;
    const sum = score.get(key) ?? { won: 0, all: 0, worst: Infinity };
    const least = Math.min(...ratios);
    sum.all++;
    if (least >= 1) sum.won++;
    sum.worst = Math.min(sum.worst, least);
    score.set(key, sum);
  }
  return [
    "| question | runtime | first | cells in which it has the lowest p50 | least ratio of another |",
    "| --- | --- | --- | --: | --: |",
    ...[...score].map(([key, { won, all, worst }]) =>
      `${key} ${won} of ${all} | ${figure(worst)} |`
    ),
  ].join("\n");
}

function tables(rows: readonly Row[]): string[] {
  const groups = Map.groupBy(rows, ({ question, runtime }) => `${question} on ${runtime}`);
  return [...groups].map(([title, rows]) =>
    `<details><summary>${title}</summary>\n${tableText(rows)}\n\n</details>`
  );
}

async function pageOf(file: string): Promise<string> {
  const run: Run = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  const name = basename(file, ".json");
  const contenders = [...new Set(run.results.map(({ contender }) => contender))];
  const parts = [settingText(run).replace("# Benchmarks", `## ${name}`), scoreText(run.results)];
  for (const plot of PLOTS) {
    const spec = plot.spec(run.results);
    if (spec === undefined) continue;
    const image = `${name}-${plot.name}.svg`;
    writeFileSync(new URL(image, FOLDER), await draw(spec, contenders));
    parts.push(`### ${plot.title}\n\n![${plot.title}](${image})`);
  }
  parts.push("### All figures", ...tables(run.results));
  if (run.troubles.length > 0) {
    parts.push("### Not measured", run.troubles.map((trouble) => `- ${trouble}`).join("\n"));
  }
  return parts.join("\n\n");
}

if (import.meta.main) {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json")).sort();
  const pages: string[] = [HEAD];
  for (const file of files) pages.push(await pageOf(file));
  const page = new URL("README.md", FOLDER);
  writeFileSync(page, pages.join("\n") + "\n");
  console.log(`${fileURLToPath(page)}: ${files.length} run(s)`);
}
