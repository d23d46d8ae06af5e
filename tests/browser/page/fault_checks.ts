import { createPool } from "knitting/browser";
import { equal, ok, rejection } from "./expect.ts";
import { withPool } from "./with_pool.ts";

const besides = (name: string): string => new URL(`./${name}.js`, import.meta.url).href;

export const faultChecks: Readonly<Record<string, () => Promise<void>>> = {
  "errors arrive with class, message, fields and causes": () =>
    withPool({}, async ({ failing, failingLater }) => {
      const error = await rejection(failing(7));
      ok(error instanceof TypeError, "it is a TypeError");
      equal(error.message, "no 7");
      equal({ ...error }, { code: "E_NO", n: 7 });
      ok(error.cause instanceof RangeError, "its cause is a RangeError");
      equal(error.cause.message, "too deep");
      equal(error.cause.cause, "a text");
      ok(
        error.stack?.includes("/tasks.js:") || error.stack?.includes("/checks.js:"),
        `${error.stack}`,
      );
      ok(await rejection(failingLater()) instanceof SyntaxError, "promises reject, too");
    }),
  "the caller's signal ends a call that runs, and one that waits": () =>
    withPool({}, async ({ never, echo }) => {
      const controller = new AbortController();
      const calls = [1, 2].map(() => rejection(never(undefined, { signal: controller.signal })));
      equal(await echo(1), 1);
      controller.abort(new RangeError("enough"));
      for (const reason of await Promise.all(calls)) equal(reason.message, "enough");
    }),
  "a task that never lets go of its thread sees that it is aborted": () =>
    withPool({}, async ({ untilAborted, echo }) => {
      const call = untilAborted(1);
      const next = echo("after it");
      call.reject();
      ok(await call >= 1, "it ends by itself");
      equal(await next, "after it");
    }),
  "listeners of a task's signal are told": () =>
    withPool({}, async ({ untilListenerIsTold, later }) => {
      const call = untilListenerIsTold();
      equal(await later(1), 1);
      call.reject();
      ok((await call).startsWith("AbortError"), "with an AbortError");
    }),
  "time limits of tasks hold": () =>
    withPool({}, async ({ neverInTime, neverButDefault }) => {
      equal((await rejection(neverInTime())).code, "KNT_ERROR_TIMEOUT");
      equal(await neverButDefault(), "nothing");
    }),
  "the hard limit replaces a worker that never answers": () =>
    withPool(
      { worker: { hardTimeoutMs: 300, onHardTimeout: "replace" } },
      async ({ endless, echo }) => {
        equal((await rejection(endless())).code, "KNT_ERROR_HARD_TIMEOUT");
        equal(await echo("another one"), "another one");
      },
    ),
  "the hard limit ends a pool": () =>
    withPool({ worker: { hardTimeoutMs: 300 } }, async ({ endless, echo }) => {
      equal((await rejection(endless())).code, "KNT_ERROR_HARD_TIMEOUT");
      equal((await rejection(echo(1))).code, "KNT_ERROR_CLOSED");
    }),
  "a task cannot close its worker": () =>
    withPool({}, async ({ closing, echo }) => {
      equal((await rejection(closing())).code, "KNT_ERROR_PROCESS_GUARD");
      equal(await echo(1), 1);
    }),
  "a worker with an error that nothing catches is replaced": () =>
    withPool({}, async ({ crashing, echo }) => {
      const error = await rejection(crashing());
      equal(error.code, "KNT_ERROR_WORKER_CRASHED");
      ok(/nobody catches this/.test(error.message), error.message);
      equal((error.cause as Error).name, "EvalError");
      equal(await echo(1), 1);
    }),
  "tasks whose module throws in workers reject with that": async () => {
    const href = besides("throws_on_import");
    const { unreachable }: typeof import("./throws_on_import.ts") = await import(href);
    const pool = createPool({})({ unreachable });
    const error = await rejection(pool.call.unreachable());
    equal(error.code, "KNT_ERROR_WORKER_STARTUP");
    ok(/workers cannot load this/.test(error.message), error.message);
    await pool.shutdown();
  },
  "a worker's script that is not there is named": () =>
    withPool({ source: besides("not_there") }, async ({ echo }) => {
      const error = await rejection(echo(1));
      equal(error.code, "KNT_ERROR_WORKER_STARTUP");
      ok(error.message.includes("not_there.js"), error.message);
    }),
};
