import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { task } from "../../mod.ts";
import { timeLimit } from "../../src/api/task_options.ts";
import type { TimeLimit } from "../../src/pool/task_rules.ts";
import { add, seven, square } from "../fixtures/basic_tasks.ts";

const f = (n: number): number => n + 1;
const anyTask = task as unknown as (options: unknown) => { f: unknown };

/** The error for bad options must be of that class, and its message must fit. */
function refuses(
  options: unknown,
  errorClass: typeof TypeError | typeof RangeError,
  ...messages: RegExp[]
): void {
  assert.throws(() => anyTask(options), (error) => {
    assert.ok(error instanceof errorClass, `not a ${errorClass.name}: ${error}`);
    for (const message of messages) assert.match(error.message, message);
    return true;
  });
}

describe("task", () => {
  it("keeps the function, which can be called here", async () => {
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

  it("keeps what it is given", () => {
    const timeout = { time: 5, default: "late" };
    const abortSignal = { hasAborted: true } as const;
    const definition = task({ f: (n: number) => n, timeout, abortSignal });
    assert.equal(definition.timeout, timeout);
    assert.equal(definition.abortSignal, abortSignal);
    assert.deepEqual([square.timeout, square.abortSignal, square.imported], [
      undefined,
      undefined,
      false,
    ]);
  });

  it("refuses what is not a function", () => {
    for (const options of [undefined, null, 1, "f", () => 1]) {
      refuses(options, TypeError, /^task options must be an object, received/);
    }
    for (const f of [undefined, null, 1, "f", {}]) {
      refuses({ f }, TypeError, /^task f must be a function, received/);
    }
  });

  it("refuses options that do not exist, and names those that do", () => {
    refuses(
      { f, retries: 3 },
      TypeError,
      /"retries"; expected one of: f, timeout, abortSignal, retry, stream$/,
    );
  });

  it("refuses a stream that is not true", () => {
    for (const stream of [false, 1, "yes", null]) {
      refuses({ f, stream }, TypeError, /^task stream must be true, received/);
    }
  });

  it("refuses a timeout that is not a time", () => {
    for (const timeout of ["5", null, true, 5n, () => 5, Symbol.iterator]) {
      refuses({ f, timeout }, TypeError, /^task timeout must be a number or an object, received/);
    }
    refuses({ f, timeout: [5] }, TypeError, /^task timeout must be an object, received an array/);
    for (const time of [-1, -0.5, NaN, -Infinity]) {
      const message = new RegExp(` must be a number from 0 on, received ${time}$`);
      refuses({ f, timeout: time }, RangeError, /^task timeout must/, message);
      refuses({ f, timeout: { time } }, RangeError, /^task timeout\.time must/, message);
    }
    for (const time of ["5", null, {}]) {
      refuses(
        { f, timeout: { time } },
        TypeError,
        /^task timeout\.time must be a number, received/,
      );
    }
  });

  it("refuses a timeout without a time, and what is not part of one", () => {
    for (const timeout of [{}, { default: 1 }, { time: undefined }]) {
      refuses({ f, timeout }, TypeError, /^task timeout must have a time in milliseconds$/);
    }
    refuses(
      { f, timeout: { time: 5, value: 1 } },
      TypeError,
      /^task timeout cannot have "value"; expected one of: time, default, maybe, error$/,
    );
    for (const maybe of [false, null, 1, "yes"]) {
      refuses(
        { f, timeout: { time: 5, maybe } },
        TypeError,
        /^task timeout\.maybe must be true, received/,
      );
    }
  });

  it("refuses an abort signal that is none", () => {
    for (const abortSignal of [false, null, 1, "true"]) {
      refuses({ f, abortSignal }, TypeError, /^task abortSignal must be true or .*, received/);
    }
    for (const abortSignal of [{}, { hasAborted: false }, { hasAborted: 1 }]) {
      refuses(
        { f, abortSignal },
        TypeError,
        /^task abortSignal\.hasAborted must be true, received/,
      );
    }
    refuses({ f, abortSignal: { now: true } }, TypeError, /cannot have "now"/);
  });

  it("takes every form there is", () => {
    const forms = [
      { timeout: 0 },
      { timeout: 0.5 },
      { timeout: Infinity },
      { timeout: { time: 0 } },
      { timeout: { time: Infinity, maybe: true } },
      { timeout: { time: 1, default: undefined, maybe: true, error: 1 } },
      { abortSignal: true },
      { abortSignal: { hasAborted: true } },
      { timeout: undefined, abortSignal: undefined },
    ];
    for (const form of forms) assert.equal(anyTask({ f, ...form }).f, f);
  });
});

describe("a time limit", () => {
  const error = new RangeError("too late");
  const limits: [timeout: unknown, outcome: TimeLimit["outcome"]][] = [
    [5, { kind: "error" }],
    [{ time: 5 }, { kind: "error" }],
    [{ time: 5, error: undefined }, { kind: "error" }],
    [{ time: 5, error }, { kind: "reject", reason: error }],
    [{ time: 5, error: null }, { kind: "reject", reason: null }],
    [{ time: 5, maybe: true }, { kind: "resolve", value: undefined }],
    [{ time: 5, maybe: true, error }, { kind: "resolve", value: undefined }],
    [{ time: 5, default: 1 }, { kind: "resolve", value: 1 }],
    [{ time: 5, default: 1, maybe: true, error }, { kind: "resolve", value: 1 }],
    [{ time: 5, default: undefined, error }, { kind: "resolve", value: undefined }],
  ];

  it("ends a call by the first of default, maybe, error that is given", () => {
    for (const [timeout, outcome] of limits) {
      assert.deepEqual(timeLimit("timeout", timeout), { ms: 5, outcome });
    }
  });

  it("is none for Infinity, and if it is not given", () => {
    for (const timeout of [undefined, Infinity, { time: Infinity, default: 1 }]) {
      assert.equal(timeLimit("timeout", timeout), undefined);
    }
  });

  it("is 0 for 0", () => {
    assert.deepEqual(timeLimit("timeout", 0), { ms: 0, outcome: { kind: "error" } });
  });
});
