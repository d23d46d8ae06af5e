import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { task } from "../../mod.ts";
import { add, seven, square } from "../fixtures/basic_tasks.ts";

describe("task", () => {
  it("keeps the function, which can be called here", async () => {
    const f = (n: number): number => n + 1;
    assert.equal(task({ f }).f, f);
    assert.equal(add.f([1, 2]), 3);
    assert.equal(await seven.f(), 7);
  });

  it("names the module that calls it", () => {
    assert.equal(square.importedFrom, new URL("../fixtures/basic_tasks.ts", import.meta.url).href);
    assert.equal(task({ f: () => 1 }).importedFrom, import.meta.url);
  });

  it("numbers definitions in the program, and in each module", () => {
    const [a, b] = [task({ f: () => 1 }), task({ f: () => 1 })];
    assert.deepEqual([b.id - a.id, b.at - a.at], [1, 1]);
    assert.ok(square.at < seven.at);
  });

  it("makes what cannot be changed", () => {
    assert.ok(Object.isFrozen(square));
    assert.throws(() => {
      (square as { f: unknown }).f = null;
    }, TypeError);
  });

  it("refuses what is not a function", () => {
    const bad = task as (options: unknown) => unknown;
    for (const options of [undefined, null, 1, "f", () => 1]) {
      assert.throws(
        () => bad(options),
        (error) =>
          error instanceof TypeError && /task\(\) must be given an object/.test(error.message),
      );
    }
    for (const f of [undefined, null, 1, "f", {}]) {
      assert.throws(
        () => bad({ f }),
        (error) =>
          error instanceof TypeError && /task\(\) must be given a function f, received/
            .test(error.message),
      );
    }
  });

  it("refuses options that do not exist", () => {
    assert.throws(
      () => (task as (options: unknown) => unknown)({ f: () => 1, retries: 3 }),
      (error) => error instanceof TypeError && /"retries"/.test(error.message),
    );
  });
});
