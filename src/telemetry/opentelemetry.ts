/**
 * Calls as spans of OpenTelemetry, whose context goes to workers. Nothing is imported: the program passes the API
 * that it has.
 *
 * @module
 */

import { isPromise, then } from "../codec/promises.ts";
import { thrownText } from "../errors.ts";
import type { CarriedStore } from "../runtime/carried_stores.ts";

/** What is needed of a span. */
export interface OtelSpan {
  /** Says how it went. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Adds an error. */
  recordException(error: Error): unknown;
  /** Ends it. */
  end(): void;
}

/** What is needed of a tracer: `trace.getTracer("my-app")`. */
export interface OtelTracer {
  /** Starts a span, as a child of what is in `context`. */
  startSpan(name: string, options: { kind: number }, context: never): OtelSpan;
}

/** What is needed of `@opentelemetry/api`: pass the module, `import * as api from "@opentelemetry/api"`. */
export interface OtelApi {
  /** Which context there is here and now. */
  readonly context: {
    active(): unknown;
    with<R>(context: never, f: () => R): R;
  };
  /** Puts spans into contexts. */
  readonly trace: { setSpan(context: never, span: never): unknown };
  /** Puts contexts into headers, such as `traceparent`. */
  readonly propagation: {
    inject(context: never, carrier: object): void;
    extract(context: never, carrier: object): unknown;
  };
  /** The context without anything in it. */
  readonly ROOT_CONTEXT: unknown;
  /** Numbers of the kinds of spans. */
  readonly SpanKind: { readonly CLIENT: number; readonly SERVER: number };
  /** Numbers of outcomes. */
  readonly SpanStatusCode: { readonly ERROR: number };
}

/** What spans are made with. */
export interface SpanOptions {
  /** The API, as it is imported. */
  readonly api: OtelApi;
  /** What makes the spans. */
  readonly tracer: OtelTracer;
}

/**
 * The tasks of a pool as functions that make a span of each call: of the kind `CLIENT`, by the name of the task, from
 * the call until its promise settles. A call that rejects has the status `ERROR`, and its error as an exception.
 *
 * @param call `pool.call`
 *
 * @example
 * ```ts ignore
 * import * as api from "@opentelemetry/api";
 * import { createPool, isMain } from "@vixeny/knitting";
 * import { tracedCalls } from "@vixeny/knitting/opentelemetry";
 *
 * export const square = (n: number) => n * n;
 *
 * if (isMain) {
 *   await using pool = createPool({ threads: 2 })({ square });
 *   const call = tracedCalls(pool.call, { api, tracer: api.trace.getTracer("my-app") });
 *   console.log(await call.square(8)); // 64
 * }
 * ```
 */
export function tracedCalls<C extends object>(call: C, options: SpanOptions): C {
  const traced = Object.entries(call).map(([name, f]) => [name, tracedCall(name, f, options)]);
  return Object.assign(Object.create(null), Object.fromEntries(traced));
}

type AnyCall = (argument?: unknown, options?: unknown) => Promise<unknown>;

function tracedCall(name: string, call: AnyCall, { api, tracer }: SpanOptions): AnyCall {
  return (argument, options) => {
    const parent = api.context.active();
    const span = tracer.startSpan(name, { kind: api.SpanKind.CLIENT }, parent as never);
    const context = api.trace.setSpan(parent as never, span as never);
    const promise = api.context.with(context as never, () => call(argument, options));
    const result = ended(api, span, promise);
    // That of an abort-aware call can be rejected.
    return "reject" in promise ? Object.assign(result, { reject: promise.reject }) : result;
  };
}

/** The same promise, and the span ends before whoever waits for it goes on. */
function ended<T>(api: OtelApi, span: OtelSpan, promise: Promise<T>): Promise<T> {
  return promise.then((value) => {
    span.end();
    return value;
  }, (error) => {
    endFailed(api, span, error);
    throw error;
  });
}

function endFailed(api: OtelApi, span: OtelSpan, error: unknown): void {
  const message = error instanceof Error ? error.message : thrownText(error);
  if (error instanceof Error) span.recordException(error);
  span.setStatus({ code: api.SpanStatusCode.ERROR, message });
  span.end();
}

/**
 * The context of the caller as a store that goes with calls: declare it with `carried`, and name it in `carry`. Then a
 * task runs in the context of its caller, and what it traces becomes part of the same trace. It goes through the
 * propagator of the program, as `traceparent`; worker and host each need one.
 *
 * @param api the API, as it is imported
 * @param tracer if there is one, each task is a span of the kind `SERVER`, by the name `task`
 *
 * @example
 * ```ts ignore
 * import * as api from "@opentelemetry/api";
 * import { carried, createPool, isMain } from "@vixeny/knitting";
 * import { contextStore } from "@vixeny/knitting/opentelemetry";
 *
 * export const traceContext = carried("traceContext", contextStore(api));
 *
 * export const whichTrace = () => api.trace.getActiveSpan()?.spanContext().traceId;
 *
 * if (isMain) {
 *   await using pool = createPool({ carry: [traceContext] })({ whichTrace });
 *   await pool.call.whichTrace();
 * }
 * ```
 */
export function contextStore(api: OtelApi, tracer?: OtelTracer): CarriedStore {
  return {
    getStore() {
      const headers = {};
      api.propagation.inject(api.context.active() as never, headers);
      return Object.keys(headers).length === 0 ? undefined : headers;
    },
    run(headers, f) {
      const parent = api.propagation.extract(api.ROOT_CONTEXT as never, headers as object);
      return tracer === undefined // not covered: only in workers without a tracer, in the processes of examples
        ? api.context.with(parent as never, f)
        : runInSpan({ api, tracer }, parent, f);
    },
  };
}

function runInSpan<R>({ api, tracer }: SpanOptions, parent: unknown, f: () => R): R {
  const span = tracer.startSpan("task", { kind: api.SpanKind.SERVER }, parent as never);
  const context = api.trace.setSpan(parent as never, span as never);
  let result: R;
  try {
    result = api.context.with(context as never, f);
  } catch (error) {
    endFailed(api, span, error);
    throw error;
  }
  if (isPromise(result)) then(result, () => span.end(), (error) => endFailed(api, span, error));
  else span.end();
  return result;
}
