/**
 * The numbers of a pool as text that Prometheus reads.
 *
 * @module
 */

import type { PoolStats, Timing } from "../pool/stats.ts";

/** How {@linkcode prometheusText} writes. */
export interface PrometheusOptions {
  /** What all names begin with. Default `"knitting_"`. */
  readonly prefix?: string;
  /** Labels of all samples, to tell pools apart: `{ pool: "images" }`. Default none. */
  readonly labels?: Readonly<Record<string, string>>;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number, suffix?: string];

const PREFIX = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Labels that samples have by themselves. */
const OWN_LABELS: readonly string[] = ["task", "lane", "outcome", "quantile"];

const OUTCOMES = ["completed", "failed", "aborted", "timedOut", "lost", "refused"] as const;

/**
 * What `pool.stats()` says, in the text format of Prometheus, version 0.0.4. Serve it as
 * `text/plain; version=0.0.4`. Without {@linkcode Options.metrics} it is short: only what waits and runs.
 *
 * @throws {TypeError} for a prefix or a label whose name Prometheus does not allow, and for a label that samples
 *   have by themselves: `task`, `lane`, `outcome` and `quantile`
 *
 * @example
 * ```ts
 * import { createPool, isMain } from "@vixeny/knitting";
 * import { prometheusText } from "@vixeny/knitting/metrics";
 *
 * export const square = (n: number) => n * n;
 *
 * if (isMain) {
 *   await using pool = createPool({ metrics: true })({ square });
 *   await pool.call.square(8);
 *   const text = prometheusText(pool.stats(), { labels: { pool: "maths" } });
 *   console.log(text.includes('knitting_calls_total{pool="maths",task="square",outcome="completed"} 1'));
 * }
 * ```
 */
export function prometheusText(stats: PoolStats, options: PrometheusOptions = {}): string {
  const { prefix = "knitting_", labels = {} } = options;
  check(prefix, labels);
  const lines: string[] = [];
  const family = (name: string, type: string, help: string, samples: readonly Sample[]): void => {
    if (samples.length === 0) return;
    lines.push(`# HELP ${prefix}${name} ${help}`, `# TYPE ${prefix}${name} ${type}`);
    for (const [own, value, suffix = ""] of samples) {
      lines.push(
        `${prefix}${name}${suffix}${labelText({ ...labels, ...own })} ${numberText(value)}`,
      );
    }
  };
  const tasks = Object.entries(stats.tasks);
  const measured = tasks.flatMap(([task, { measures }]) =>
    measures === undefined ? [] : [{ task, measures }]
  );
  const lanes = stats.lanes.flatMap(({ lane, measures }) =>
    measures === undefined ? [] : [{ lane: String(lane), measures }]
  );
  family("uptime_seconds", "gauge", "Time since the pool was made.", [[{}, stats.uptimeMs / 1000]]);
  family("workers", "gauge", "Workers that take calls.", [[{}, stats.workers]]);
  family(
    "calls_queued",
    "gauge",
    "Calls that wait to be begun.",
    tasks.map(([task, { queued }]) => [{ task }, queued]),
  );
  family(
    "calls_running",
    "gauge",
    "Calls that have begun and are not answered.",
    tasks.map(([task, { running }]) => [{ task }, running]),
  );
  family(
    "calls_total",
    "counter",
    "Calls that have ended, by how they did.",
    measured.flatMap(({ task, measures }) =>
      OUTCOMES.map((outcome): Sample => [{ task, outcome }, measures[outcome]])
    ),
  );
  family(
    "run_seconds",
    "summary",
    "How long tasks took.",
    measured.flatMap(({ task, measures }) => summary(task, measures.run)),
  );
  family(
    "wait_seconds",
    "summary",
    "How long calls took besides.",
    measured.flatMap(({ task, measures }) => summary(task, measures.wait)),
  );
  family(
    "lane_utilization_ratio",
    "gauge",
    "The part of the time in which a lane had calls.",
    lanes.map(({ lane, measures }) => [{ lane }, measures.utilization]),
  );
  family(
    "sent_bytes_total",
    "counter",
    "Bytes of arguments.",
    lanes.map(({ lane, measures }) => [{ lane }, measures.sentBytes]),
  );
  family(
    "received_bytes_total",
    "counter",
    "Bytes of results.",
    lanes.map(({ lane, measures }) => [{ lane }, measures.receivedBytes]),
  );
  if (stats.stalled !== undefined) {
    const { total, now } = stats.stalled;
    family("calls_stalled", "gauge", "Calls that stall, as of now.", [[{}, now.length]]);
    family("calls_stalled_total", "counter", "Calls that have stalled.", [[{}, total]]);
  }
  return lines.map((line) => `${line}\n`).join("");
}

function check(prefix: string, labels: Labels): void {
  if (!PREFIX.test(prefix)) {
    throw new TypeError(`prefix must match ${PREFIX}, received ${JSON.stringify(prefix)}`);
  }
  for (const name of Object.keys(labels)) {
    if (!LABEL.test(name) || OWN_LABELS.includes(name)) {
      throw new TypeError(
        `names of labels must match ${LABEL} and not be one of ${OWN_LABELS.join(", ")}, ` +
          `received ${JSON.stringify(name)}`,
      );
    }
  }
}

function summary(task: string, timing: Timing): Sample[] {
  const quantiles: Sample[] = [
    [{ task, quantile: "0.5" }, timing.p50Ms / 1000],
    [{ task, quantile: "0.9" }, timing.p90Ms / 1000],
    [{ task, quantile: "0.99" }, timing.p99Ms / 1000],
    [{ task, quantile: "0.999" }, timing.p999Ms / 1000],
  ];
  // Of no calls there are no quantiles.
  const known = quantiles.map(([labels, value]): Sample => [
    labels,
    timing.count === 0 ? NaN : value, // not covered: no summary is written of a task without calls
  ]);
  return [...known, [{ task }, timing.totalMs / 1000, "_sum"], [{ task }, timing.count, "_count"]];
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  return String(value).replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function numberText(value: number): string {
  return value === Infinity ? "+Inf" : String(value); // not covered: only if a worker spoils what it measures
}
