import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as api from "@opentelemetry/api";
import { tracedCalls } from "../../opentelemetry.ts";
import {
  atOnce,
  breakDown,
  exporter,
  inBrief,
  stoppable,
  takeSpans,
  traceContext,
  tracer,
  work,
} from "../fixtures/otel_tasks.ts";
import { errorOf, rejection } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const { SpanKind, SpanStatusCode } = api;
const tasks = { atOnce, work, breakDown, stoppable, takeSpans };

describe("knitting/opentelemetry", () => {
  it("makes a span of each call, and of its task in the worker, in one trace", async () => {
    await withPool(tasks, { carry: [traceContext] }, async (pool) => {
      const call = tracedCalls(pool.call, { api, tracer });
      exporter.reset();
      await tracer.startActiveSpan("request", async (request) => {
        assert.deepEqual(await Promise.all([call.work(3), call.work(1)]), [3, 1]);
        assert.equal(api.trace.getActiveSpan(), request, "the caller's span is active again");
        request.end();
      });
      const here = exporter.getFinishedSpans().map(inBrief);
      const there = await pool.call.takeSpans();
      assert.deepEqual(here.map(({ name }) => name), ["work", "work", "request"]);
      const request = here[2]!;
      for (const span of here.slice(0, 2)) {
        assert.deepEqual([span.kind, span.parent], [SpanKind.CLIENT, request.spanId]);
        const [below] = there.filter(({ parent }) => parent === span.spanId);
        assert.deepEqual([below!.name, below!.kind], ["task", SpanKind.SERVER]);
        const [inside] = there.filter(({ parent }) => parent === below!.spanId);
        assert.equal(inside!.name, "inside");
      }
      assert.equal(there.length, 4);
      assert.ok([...here, ...there].every(({ traceId }) => traceId === request.traceId));
    });
  });

  it("makes one of a task that returns at once, too", async () => {
    await withPool(tasks, { carry: [traceContext] }, async (pool) => {
      const call = tracedCalls(pool.call, { api, tracer });
      assert.equal(await call.atOnce(1), 2);
      const [below, ...more] = await pool.call.takeSpans();
      assert.deepEqual([below!.name, below!.status, more], ["task", SpanStatusCode.UNSET, []]);
    });
  });

  it("says what has failed, on both sides", async () => {
    await withPool(tasks, { carry: [traceContext] }, async (pool) => {
      const call = tracedCalls(pool.call, { api, tracer });
      exporter.reset();
      const error = await errorOf(call.breakDown());
      assert.ok(error instanceof RangeError);
      const [span] = exporter.getFinishedSpans();
      assert.deepEqual(span!.status, { code: SpanStatusCode.ERROR, message: "broken" });
      assert.equal(span!.events[0]!.attributes!["exception.message"], "broken");
      const [below] = await pool.call.takeSpans();
      assert.deepEqual([below!.name, below!.status], ["task", SpanStatusCode.ERROR]);
      exporter.reset();
      const stopped = call.stoppable();
      stopped.reject(new Error("no more"));
      await errorOf(stopped);
      assert.equal(exporter.getFinishedSpans()[0]!.status.message, "no more");
      exporter.reset();
      const left = call.stoppable();
      left.reject("just text");
      assert.equal(await rejection(left), "just text");
      assert.equal(exporter.getFinishedSpans()[0]!.status.message, "just text");
    });
  });

  it("carries nothing where nothing is traced", async () => {
    await withPool(tasks, { carry: [traceContext] }, async (pool) => {
      assert.equal(await pool.call.work(1), 1);
      const [inside, ...more] = await pool.call.takeSpans();
      assert.deepEqual([inside!.name, inside!.parent, more], ["inside", undefined, []]);
    });
  });
});
