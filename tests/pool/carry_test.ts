// Stores of the caller that go with its calls.

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, it } from "node:test";
import { carried, Envelope, type Options } from "../../mod.ts";
import {
  look,
  lookAbortable,
  lookLater,
  requestId,
  type Seen,
  spinAndLook,
  user,
} from "../fixtures/carry_tasks.ts";
import { runtimeName } from "../support/program.ts";
import { inProcess } from "../support/processes.ts";
import { refuses } from "../support/refuses.ts";
import { errorWithCode, rejection } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const NOTHING: Seen = { requestId: undefined, user: undefined };
const tasks = { look, lookLater, lookAbortable, spinAndLook };

const kinds: Record<string, Options> = {
  "a thread": {},
  "a process": inProcess(runtimeName),
  "the main thread": { threads: 0, inliner: {} },
};

for (const [name, kind] of Object.entries(kinds)) {
  describe(`a task that runs in ${name}`, () => {
    it("finds in carried stores what each of its callers has there", async () => {
      await withPool(tasks, { ...kind, carry: [requestId, user] }, async ({ call }) => {
        assert.deepEqual(await call.look(), NOTHING);
        await requestId.run("a", async () => {
          assert.deepEqual(await call.look(), { requestId: "a", user: undefined });
          const ordered = await call.look(undefined, { priority: 1 });
          assert.deepEqual(ordered, { requestId: "a", user: undefined });
          await user.run({ name: "Ada" }, async () => {
            assert.deepEqual(await call.look(), { requestId: "a", user: { name: "Ada" } });
          });
          await user.run(null, async () => {
            assert.deepEqual(await call.look(), { requestId: "a", user: null });
          });
        });
        assert.deepEqual(await call.look(), NOTHING, "it does not stay");
        const many = await Promise.all(
          Array.from(
            { length: 3000 },
            (_, i) => i % 3 === 0 ? call.look() : requestId.run(`${i}`, () => call.look()),
          ),
        );
        many.forEach(({ requestId }, i) =>
          assert.equal(requestId, i % 3 === 0 ? undefined : `${i}`)
        );
        const later = await Promise.all(
          [3, 2, 1].map((ms) => requestId.run(`${ms}`, () => call.lookLater(ms))),
        );
        later.forEach((both, i) => {
          const seen = { requestId: `${3 - i}`, user: undefined };
          assert.deepEqual(both, [seen, seen]);
        });
      });
    });

    it("finds them whatever the argument is: later, with a signal, in an envelope", async () => {
      await withPool(tasks, { ...kind, carry: [requestId] }, async ({ call }) => {
        await requestId.run("b", async () => {
          const seen = { ...NOTHING, requestId: "b" };
          const soon = new Promise<number>((resolve) => setTimeout(resolve, 1, 5));
          assert.deepEqual(await call.lookAbortable(soon), [seen, 5]);
          const bytes = new Uint8Array(100_000).fill(7);
          const [found, back] = await call.lookAbortable(bytes) as [Seen, Uint8Array];
          assert.deepEqual([found, back.length, back[99_999]], [seen, 100_000, 7]);
          const envelope = new Envelope({ n: 1 }, new ArrayBuffer(8));
          const [again] = await call.lookAbortable(null) as [Seen];
          assert.deepEqual(again, seen);
          await call.lookAbortable(envelope).catch(() => {}); // it cannot be in an array of the result
          assert.deepEqual(await call.look(), seen);
        });
      });
    });
  });
}

describe("calls that carry something", () => {
  it("keep it when another worker takes them", async () => {
    await withPool(tasks, { threads: 2, carry: [requestId] }, async ({ call }) => {
      const calls = Array.from(
        { length: 40 },
        (_, i) => requestId.run(`${i}`, () => call.spinAndLook(i % 8 === 0 ? 10 : 0)),
      );
      const seen = await Promise.all(calls);
      assert.deepEqual(seen.map(({ requestId }) => requestId), seen.map((_, i) => `${i}`));
    });
  });

  it("are refused if it cannot cross, and others are not", async () => {
    const large = "x".repeat(3000);
    const wrong = { name: "x", f() {} };
    await withPool(tasks, { carry: [requestId, user] }, async ({ call }) => {
      const error = await errorWithCode(requestId.run(large, () => call.look()), "KNT_ERROR_3");
      assert.match(
        error.message,
        /what carried stores say does not fit\. limit=2044; actual=\d+\.$/,
      );
      await errorWithCode(user.run(wrong, () => call.look()), "KNT_ERROR_0");
      const text = "y".repeat(1900);
      assert.equal((await requestId.run(text, () => call.look())).requestId, text);
      assert.deepEqual(await call.look(), NOTHING);
    });
  });

  for (const andThen of ["reads on", "throws"]) {
    it(`settle once if who reads it gives them up and ${andThen}`, async () => {
      const options: Options = { carry: [user], metrics: {} };
      await withPool({ lookAbortable }, options, async ({ call, stats }) => {
        const controller = new AbortController();
        const { signal } = controller;
        const value = {
          get name() {
            controller.abort("by the getter");
            if (andThen === "throws") throw new Error("nothing to read");
            return "Ada";
          },
        };
        const given = rejection(user.run(value, () => call.lookAbortable(0, { signal })));
        const others = [1, 2, 3].map((n) => call.lookAbortable(n));
        assert.equal(await given, "by the getter");
        assert.deepEqual(await Promise.all(others), [1, 2, 3].map((n) => [NOTHING, n]));
        const { completed, aborted, refused } = stats().measures!;
        assert.deepEqual([completed, aborted, refused], [3, 1, 0]);
      });
    });
  }

  it("carry nothing that the pool was not told to", async () => {
    await withPool(tasks, { carry: [user] }, async ({ call }) => {
      assert.deepEqual(await requestId.run("a", () => call.look()), NOTHING);
    });
  });
});

describe("carried", () => {
  it("refuses what is no store, and a name that is taken", () => {
    assert.throws(() => carried("", requestId), /^TypeError: the name of a carried store/);
    for (const store of [null, {}, { getStore() {} }, 1]) {
      assert.throws(() => carried("test", store as never), /^TypeError: a carried store must have/);
    }
    const other = new AsyncLocalStorage<string>();
    assert.throws(() => carried("test user", other), /^TypeError: there are two carried stores/);
    assert.equal(carried("test user", user), user, "the same store again is the same");
  });

  it("is what the option carry needs", () => {
    refuses({ carry: requestId }, TypeError, /^carry must be an array of stores/);
    refuses({ carry: [new AsyncLocalStorage()] }, TypeError, /^carry\[0\] is not a store/);
  });
});
