// The trace that debug.trace writes: its events, and that it is complete however the program ends.

import assert from "node:assert/strict";
import diagnosticsChannel from "node:diagnostics_channel";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createPool, type Options } from "../../mod.ts";
import { PendingCall } from "../../src/pool/pending_calls.ts";
import { Trace } from "../../src/pool/trace.ts";
import { fail, giveUp, same, spinFor, tick, waitFor } from "../fixtures/metrics_tasks.ts";
import { runProgram, runtimeName } from "../support/program.ts";
import { inProcess } from "../support/processes.ts";
import { errorOf, rejection, until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

/** An event of Chrome's trace event format, as far as traces have them. */
interface TraceEvent {
  readonly ph: "X" | "M" | "C" | "b" | "e";
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly cat?: string;
  readonly id?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Reads a file, and checks every event against what the format's document asks for. */
function readTrace(file: string): TraceEvent[] {
  const events: TraceEvent[] = JSON.parse(readFileSync(file, "utf8"));
  assert.ok(Array.isArray(events) && events.length > 0);
  const open = new Map<string, number>();
  for (const event of events) {
    const { ph, pid, tid, name, cat, id, ts, dur, args } = event;
    assert.ok(Number.isInteger(pid) && Number.isInteger(tid) && typeof name === "string");
    if (ph === "M") {
      assert.ok(["process_name", "thread_name"].includes(name));
      assert.equal(typeof args!["name"], "string");
      continue;
    }
    assert.ok(typeof ts === "number" && ts >= 0, JSON.stringify(event));
    if (ph === "X") assert.ok(typeof dur === "number" && dur >= 0, JSON.stringify(event));
    else if (ph === "C") {
      assert.ok(Object.values(args!).every((value) => typeof value === "number"));
    } else {
      assert.ok(ph === "b" || ph === "e", `no such phase: ${ph}`);
      assert.equal(typeof cat, "string");
      if (ph === "b") open.set(`${cat} ${id}`, ts);
      else {
        assert.ok(ts >= open.get(`${cat} ${id}`)!, "it ends after it has begun");
        open.delete(`${cat} ${id}`);
      }
    }
  }
  assert.equal(open.size, 0, "all that begins ends");
  checkRows(events);
  return events;
}

/** In one row one thing ends before the next begins; and every row has a name. */
function checkRows(events: readonly TraceEvent[]): void {
  const rows = Map.groupBy(events.filter(({ ph }) => ph === "X"), ({ tid }) => tid);
  const named = events.filter(({ name }) => name === "thread_name").map(({ tid }) => tid);
  assert.deepEqual([...rows.keys()].sort(), named.sort());
  for (const row of rows.values()) {
    let until = 0;
    for (const { ts, dur } of row.toSorted((a, b) => a.ts! - b.ts!)) {
      assert.ok(ts! >= until - 0.002, `${ts} is before ${until}`); // they are rounded
      until = ts! + dur!;
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), "knitting-trace-"));
after(() => rmSync(folder, { recursive: true }));

const kinds: Record<string, Options> = {
  threads: { threads: 2 },
  processes: inProcess(runtimeName),
  "the main thread": { threads: 0, inliner: {} },
};

describe("debug.trace", () => {
  for (const [name, kind] of Object.entries(kinds)) {
    it(`writes every call that ${name} run, where it ran and for how long`, async () => {
      const file = join(folder, `${name}.json`);
      const tasks = { same, spinFor, waitFor, fail, giveUp, tick };
      await withPool(tasks, { ...kind, debug: { trace: file } }, async ({ call, stats }) => {
        await Promise.all(Array.from({ length: 200 }, (_, i) => call.same(i)));
        await call.same("x".repeat(500));
        await call.spinFor(10);
        await Promise.all([call.waitFor(10), call.waitFor(10), call.waitFor(10)]);
        await Array.fromAsync(call.tick(2));
        await errorOf(call.fail());
        const given = call.giveUp();
        await until("it runs", () => stats().running === 1);
        given.reject(new Error("no more"));
        await errorOf(given);
      });
      const events = readTrace(file);
      const spans = events.filter(({ ph }) => ph === "X");
      const countOf = (name: string) => spans.filter((span) => span.name === name).length;
      assert.deepEqual(
        ["same", "spinFor", "waitFor", "fail", "tick"].map(countOf),
        [201, 1, 3, 1, 1],
      );
      const [ticked] = spans.filter(({ name }) => name === "tick");
      assert.ok(ticked!.dur! >= 19_000, `${ticked!.dur} us`);
      const [spun] = spans.filter(({ name }) => name === "spinFor");
      assert.ok(spun!.dur! >= 9_900, `${spun!.dur} us`);
      for (const { dur } of spans.filter(({ name }) => name === "waitFor")) {
        assert.ok(dur! >= 9_000, `${dur} us`);
      }
      const numbers = spans.map(({ args }) => args!["call"]);
      assert.equal(new Set(numbers).size, spans.length);
      const large = spans.filter(({ args }) => args!["argumentBytes"] === 500);
      if (kind.threads === 0) assert.equal(large.length, 0);
      else {
        assert.equal(large.length, 1);
        assert.equal(large[0]!.args!["resultBytes"], 500);
      }
      const [failed] = spans.filter(({ name }) => name === "fail");
      assert.equal(failed!.args!["outcome"], "failed");
      const waits = events.filter(({ ph, cat }) => ph === "b" && cat === "wait");
      assert.equal(waits.length, 208);
      const [given] = waits.filter(({ name }) => name === "giveUp");
      assert.deepEqual(given!.args, { outcome: "aborted" });
      const counters = events.filter(({ ph }) => ph === "C");
      assert.equal(Math.max(...counters.map(({ args }) => args!["open"] as number)), 200);
      assert.equal(counters.at(-1)!.args!["open"], 0);
    });
  }

  it("ends what it has begun, also of a call that a subscriber of its channel gives up at once", async () => {
    const file = join(folder, "given-up.json");
    const controller = new AbortController();
    const { signal } = controller;
    const giveUp = () => controller.abort("by the subscriber");
    diagnosticsChannel.subscribe("tracing:knitting:call:start", giveUp);
    try {
      await withPool({ same }, { diagnostics: true, debug: { trace: file } }, async ({ call }) => {
        assert.equal(await rejection(call.same(1, { signal })), "by the subscriber");
        assert.equal(await call.same(2), 2);
      });
    } finally {
      diagnosticsChannel.unsubscribe("tracing:knitting:call:start", giveUp);
    }
    const waits = readTrace(file).filter(({ cat }) => cat === "wait");
    assert.deepEqual(waits.map(({ ph }) => ph).sort(), ["b", "b", "e", "e"]);
  });

  for (const end of ["shutdown", "return", "exit", "error"]) {
    it(`is complete when the program ends: ${end}`, async () => {
      const file = join(folder, `${end}.json`);
      const { code, stderr } = await runProgram("trace.ts", { args: [file, end] });
      assert.equal(code, end === "error" ? 1 : 0, stderr);
      const spans = readTrace(file).filter(({ ph }) => ph === "X");
      assert.deepEqual(spans.map(({ name }) => name).sort(), ["same", "waitFor", "waitFor"]);
    });
  }

  it("refuses a file that cannot be written", () => {
    const trace = join(folder, "no such folder", "trace.json");
    assert.throws(() => createPool({ debug: { trace } })({ same }), { code: "ENOENT" });
  });
});

describe("a trace", () => {
  it("hears nothing after its end, nor of calls that were never made", () => {
    const file = join(folder, "closed.json");
    const trace = new Trace(file, ["task"]);
    const entry = new PendingCall(0);
    trace.ended(entry, "failed");
    trace.close();
    trace.close();
    trace.made(entry);
    trace.ended(entry, "lost");
    const events = JSON.parse(readFileSync(file, "utf8"));
    assert.deepEqual(events.map(({ name }: { name: string }) => name), ["process_name"]);
  });
});
