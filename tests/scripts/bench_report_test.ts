import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addRun, type Row, type Run } from "../../scripts/bench_report.ts";

function row(question: string, cell: string, p50: number): Row {
  return {
    runtime: "node",
    question,
    group: "all",
    cell,
    unit: "us",
    contender: "knitting",
    block: 1,
    p50,
  };
}

function run(results: readonly Row[], more: Partial<Run> = {}): Run {
  return {
    date: "2026-01-01T00:00:00.000Z",
    machine: { cpu: "some", cores: 2, os: "Linux", load: 0, busy: 0 },
    runtimes: { node: "22.0.0" },
    libraries: { knitting: "1.0.0" },
    quick: false,
    results,
    troubles: [],
    ...more,
  };
}

describe("results that are added to others", () => {
  it("take the place of those of the same cell", () => {
    const before = run([row("latency", "x1", 1), row("latency", "x10", 2), row("sizes", "x1", 3)]);
    const both = addRun(before, run([row("latency", "x1", 4)], { runtimes: { bun: "1.4.5" } }));
    assert.deepEqual(both.results.map(({ question, cell, p50 }) => [question, cell, p50]), [
      ["latency", "x10", 2],
      ["sizes", "x1", 3],
      ["latency", "x1", 4],
    ]);
    assert.deepEqual(both.runtimes, { node: "22.0.0", bun: "1.4.5" });
  });

  it("end what was said about their question on their runtime", () => {
    const before = run([], { troubles: ["latency on node: exit code 1", "sizes on node: hangs"] });
    const { troubles } = addRun(before, run([row("latency", "x1", 4)]));
    assert.deepEqual(troubles, ["sizes on node: hangs"]);
  });

  it("are refused if they come from another machine", () => {
    const machine = { cpu: "other", cores: 8, os: "Linux", load: 0, busy: 0 };
    assert.throws(() => addRun(run([]), run([], { machine })), /some with 2 .* other with 8/);
  });
});
