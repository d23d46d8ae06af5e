import assert from "node:assert/strict";
import { describe, it } from "node:test";
import parse from "parse-prometheus-text-format";
import type { PoolStats } from "../../mod.ts";
import { prometheusText } from "../../metrics.ts";
import { fail, same } from "../fixtures/metrics_tasks.ts";
import { errorOf, until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

interface Metric {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value?: string;
}

interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly metrics: readonly Metric[];
}

/** What the format allows, line by line. */
const LINE =
  /^(?:# (?:HELP [a-zA-Z_:][\w:]* .+|TYPE [a-zA-Z_:][\w:]* (?:counter|gauge|summary))|[a-zA-Z_:][\w:]*(?:\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*")*\})? (?:[-+]?[\d.]+(?:e[-+]?\d+)?|NaN|[-+]Inf))$/;

function families(text: string): Map<string, Family> {
  assert.ok(text.endsWith("\n"), "the last line ends");
  for (const line of text.slice(0, -1).split("\n")) assert.match(line, LINE);
  return new Map((parse(text) as Family[]).map((family) => [family.name, family]));
}

function valuesOf({ metrics }: Family): [Metric["labels"], number][] {
  return metrics.map(({ labels, value }) => [labels, Number(value)]);
}

/** What a pool says after two calls of `same` and one of `fail`. */
async function someStats(metrics: { stallMs?: number } | false): Promise<PoolStats> {
  let taken: PoolStats | undefined;
  await withPool({ same, fail }, { metrics }, async ({ call, stats }) => {
    await call.same("a text of 22 characters".repeat(3));
    await call.same(1);
    await errorOf(call.fail());
    if (metrics !== false) {
      await until("all is recorded", () => stats().measures!.run.count === 3);
    }
    taken = stats();
  });
  return taken!;
}

describe("prometheusText", () => {
  it("writes what a parser reads as the numbers of the pool", async () => {
    const stats = await someStats({ stallMs: 60_000 });
    const all = families(prometheusText(stats));
    assert.deepEqual([...all.keys()].sort(), [
      "knitting_calls_queued",
      "knitting_calls_running",
      "knitting_calls_stalled",
      "knitting_calls_stalled_total",
      "knitting_calls_total",
      "knitting_lane_utilization_ratio",
      "knitting_received_bytes_total",
      "knitting_run_seconds",
      "knitting_sent_bytes_total",
      "knitting_uptime_seconds",
      "knitting_wait_seconds",
      "knitting_workers",
    ]);
    const calls = valuesOf(all.get("knitting_calls_total")!).filter(([, value]) => value > 0);
    assert.deepEqual(calls, [
      [{ task: "same", outcome: "completed" }, 2],
      [{ task: "fail", outcome: "failed" }, 1],
    ]);
    assert.deepEqual(valuesOf(all.get("knitting_sent_bytes_total")!), [[{ lane: "0" }, 69]]);
    assert.equal(all.get("knitting_run_seconds")!.type.toLowerCase(), "summary");
    // The parser takes summaries with labels for one.
    const { run } = stats.tasks["same"]!.measures!;
    const lineOf = (name: string, labels: string): number =>
      Number(prometheusText(stats).split(`\nknitting_${name}{${labels}} `)[1]!.split("\n")[0]);
    assert.equal(lineOf("run_seconds_count", 'task="same"'), 2);
    assert.equal(lineOf("run_seconds_sum", 'task="same"'), run.totalMs / 1000);
    assert.equal(lineOf("run_seconds", 'task="same",quantile="0.99"'), run.p99Ms / 1000);
  });

  it("writes what there is without metrics", async () => {
    const stats = await someStats(false);
    assert.deepEqual([...families(prometheusText(stats)).keys()].sort(), [
      "knitting_calls_queued",
      "knitting_calls_running",
      "knitting_uptime_seconds",
      "knitting_workers",
    ]);
  });

  it("takes a prefix and labels, whatever is in them", async () => {
    const stats = await someStats(false);
    const pool = 'a "quoted" \\ and\nbroken';
    const text = prometheusText(stats, { prefix: "my_", labels: { pool } });
    assert.match(text, /^my_workers\{pool="a \\"quoted\\" \\\\ and\\nbroken"\} [01]$/m);
    assert.deepEqual(valuesOf(families(text).get("my_calls_queued")!)[0]![0]!["task"], "same");
  });

  it("refuses names that Prometheus would not take, and labels that are its own", async () => {
    const stats = await someStats(false);
    for (const prefix of ["", "1_", "a-b", "a b"]) {
      assert.throws(() => prometheusText(stats, { prefix }), /^TypeError: prefix must match/);
    }
    for (const name of ["", "__name__", "a-b", "task", "lane", "outcome", "quantile"]) {
      assert.throws(
        () => prometheusText(stats, { labels: { [name]: "x" } }),
        /^TypeError: names of labels must match/,
      );
    }
  });
});
