import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { importTask, task, type TaskLike } from "../../mod.ts";
import { describeTasks } from "../../src/api/describe_tasks.ts";
import { TASK_BRAND } from "../../src/runtime/branded_task.ts";

const caller = "file:///program.ts";
const f = (n: number): number => n;

function describeOne(one: TaskLike): ReturnType<typeof describeTasks>[number] {
  return describeTasks(caller, { one })[0]!;
}

describe("what a pool is told of a task", () => {
  it("is the limit of its calls, and workers are told that there is one", () => {
    const { address, rules } = describeOne(task({ f, timeout: { time: 5, default: 0 } }));
    assert.deepEqual(rules.limit, { ms: 5, outcome: { kind: "resolve", value: 0 } });
    assert.equal(address.timed, true);
    for (const one of [f, task({ f }), task({ f, timeout: Infinity })]) {
      const { address, rules } = describeOne(one);
      assert.deepEqual([rules.limit, address.timed], [undefined, false]);
    }
  });

  it("is whether it takes a signal", () => {
    for (const abortSignal of [true, { hasAborted: true }] as const) {
      assert.equal(describeOne(task({ f, abortSignal })).address.abortable, true);
    }
    for (const one of [f, task({ f })]) assert.equal(describeOne(one).address.abortable, false);
  });

  it("is whether only workers may load it", () => {
    assert.equal(describeOne(importTask({ href: "./a.ts" })).rules.imported, true);
    for (const one of [f, task({ f })]) assert.equal(describeOne(one).rules.imported, false);
  });

  it("is the module to look in: that of the pool for a function, else that of the definition", () => {
    assert.equal(describeOne(f).address.module, caller);
    for (const one of [task({ f }), importTask({ href: "./a.ts" })]) {
      assert.equal(describeOne(one).address.module, import.meta.url);
    }
  });

  it("is in the order of the keys", () => {
    const names = describeTasks(caller, { b: f, a: task({ f }), c: f })
      .map(({ address }) => address.name);
    assert.deepEqual(names, ["b", "a", "c"]);
  });

  it("is no stream that is made again when its worker died", () => {
    const retry = { attempts: 2 };
    for (const stream of [task({ f: function* () {}, retry }), task({ f, retry, stream: true })]) {
      assert.throws(
        () => describeOne(stream as TaskLike),
        (error) =>
          error instanceof TypeError && /^retry of task "one" cannot be given/.test(error.message),
      );
    }
  });

  it("is checked again, as another copy of the library may have made the definition", () => {
    const foreign = { [TASK_BRAND]: true, f, importedFrom: caller, fingerprint: 1, lineage: 1 };
    assert.deepEqual(describeOne(foreign).rules, {
      limit: undefined,
      retry: undefined,
      imported: false,
    });
    assert.throws(
      () => describeOne({ ...foreign, timeout: NaN } as TaskLike),
      (error) => error instanceof RangeError && /^timeout of task "one" must/.test(error.message),
    );
    assert.throws(
      () => describeOne({ ...foreign, abortSignal: 1 } as TaskLike),
      (error) => error instanceof TypeError && /^abortSignal of task "one"/.test(error.message),
    );
  });
});
