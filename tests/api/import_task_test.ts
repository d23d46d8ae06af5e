import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool, importTask, KnittingError } from "../../mod.ts";
import { square } from "../fixtures/basic_tasks.ts";
import * as tasks from "../fixtures/imported_tasks.ts";
import { errorOf, errorWithCode, rejection } from "../support/waiting.ts";
import { usePool, withPool } from "../support/with_pool.ts";

const targets = new URL("../fixtures/import_targets.ts", import.meta.url).href;
const anyImportTask = importTask as unknown as (options: unknown) => unknown;

function refuses(
  options: unknown,
  errorClass: typeof TypeError | typeof RangeError,
  message: RegExp,
): void {
  assert.throws(() => anyImportTask(options), (error) => {
    assert.ok(error instanceof errorClass, `not a ${errorClass.name}: ${error}`);
    assert.match(error.message, message);
    return true;
  });
}

describe("importTask", () => {
  it("runs a function of a module that only workers load", async () => {
    const { add, addLater, isMainThere } = tasks;
    await withPool({ add, addLater, isMainThere }, { threads: 2 }, async ({ call }) => {
      assert.equal(await call.add([2, 3]), 5);
      assert.equal(await call.addLater(Promise.resolve([3, 4] as [number, number])), 7);
      assert.equal(await call.isMainThere(), false);
    });
    assert.equal("importTargetsLoaded" in globalThis, false);
  });

  it("takes a path relative to the module that calls it, an absolute path, and a URL", async () => {
    const { whereami, byUrl, byPath } = tasks;
    await withPool({ whereami, byUrl, byPath }, {}, async ({ call }) => {
      const expected = `hello from ${targets}`;
      assert.deepEqual(
        await Promise.all([call.whereami("hello"), call.byUrl("hello"), call.byPath("hello")]),
        [expected, expected, expected],
      );
    });
  });

  it("goes together with other tasks, by whatever name", async () => {
    const { add: plus, addAgain, ordinary } = tasks;
    await withPool({ plus, addAgain, ordinary, square }, {}, async ({ call }) => {
      assert.deepEqual(
        await Promise.all([
          call.plus([1, 2]),
          call.addAgain([3, 4]),
          call.ordinary(1),
          call.square(3),
        ]),
        [3, 7, 2, 9],
      );
    });
  });

  it("loads the module once in each worker", async () => {
    const { countCalls, countCallsToo } = tasks;
    await withPool({ countCalls, countCallsToo }, { threads: 1 }, async ({ call }) => {
      assert.deepEqual(
        [await call.countCalls(), await call.countCallsToo(), await call.countCalls()],
        [1, 2, 3],
      );
    });
  });

  it("passes on what the function throws", async () => {
    const { refuse } = tasks;
    await withPool({ refuse }, {}, async ({ call }) => {
      const error = await errorOf(call.refuse());
      assert.ok(error instanceof RangeError);
      assert.equal(error.message, "refused on purpose");
    });
  });

  it("describes the task like task(), and says that it is imported", () => {
    const { add, addAgain, ordinary } = tasks;
    assert.equal(add.importedFrom, new URL("../fixtures/imported_tasks.ts", import.meta.url).href);
    assert.deepEqual([add.imported, ordinary.imported], [true, false]);
    assert.deepEqual([addAgain.at - add.at, addAgain.id - add.id], [1, 1]);
    const abortSignal = { hasAborted: true } as const;
    const definition = importTask({ href: "./a.ts", timeout: 5, abortSignal });
    assert.equal(definition.importedFrom, import.meta.url);
    assert.deepEqual([definition.timeout, definition.abortSignal], [5, abortSignal]);
    assert.ok(Object.isFrozen(definition));
  });

  it("gives the host a function that says where the task runs", async () => {
    const isRefusal = (error: unknown): boolean =>
      error instanceof KnittingError && error.code === "KNT_ERROR_TASK" &&
      /workers only/.test(error.message) && error.message.includes(targets);
    assert.throws(() => tasks.add.f([1, 2]), isRefusal);
    const { callStandIn } = tasks;
    await withPool({ callStandIn }, {}, async ({ call }) => {
      assert.ok(isRefusal(await errorWithCode(call.callStandIn(), "KNT_ERROR_TASK")));
    });
  });

  it("must be exported, as other tasks", async () => {
    await usePool(tasks.openHidden({}), async ({ call }) => {
      const error = await errorWithCode(call.hidden([1, 2]), "KNT_ERROR_TASK");
      assert.match(error.message, /"hidden"/);
      assert.match(error.message, /importTask\(\)/);
    });
  });

  it("refuses options that are not an object, or do not exist", () => {
    for (const options of [undefined, null, "./a.ts", []]) {
      refuses(options, TypeError, /^importTask options must be an object, received/);
    }
    refuses(
      { href: "./a.ts", f: () => 1 },
      TypeError,
      /"f"; expected one of: href, name, timeout, abortSignal, retry, stream$/,
    );
  });

  it("refuses a module and a name that are not text, and a URL that is none", () => {
    for (const href of ["", undefined, null, 1, new URL(targets)]) {
      refuses({ href }, TypeError, /^importTask href must be a non-empty string, received/);
    }
    for (const name of ["", null, 1, Symbol.iterator]) {
      refuses({ href: "./a.ts", name }, TypeError, /^importTask name must be a non-empty string/);
    }
    refuses({ href: "http://" }, TypeError, /^importTask href must be a path or a URL, received/);
  });

  it("refuses timeouts and abort signals like task()", () => {
    const href = "./a.ts";
    refuses({ href, timeout: -1 }, RangeError, /^importTask timeout must be a number from 0 on/);
    refuses({ href, timeout: {} }, TypeError, /^importTask timeout must have a time/);
    refuses({ href, abortSignal: false }, TypeError, /^importTask abortSignal must be true/);
  });
});

describe("an imported task whose function is not there", () => {
  const available = /Available exports: .*add, addLater/;

  /** Calls reject with a TypeError, before and after the worker is ready, and others work. */
  async function rejectsAlone(
    name: "missing" | "inherited" | "table" | "wrapped" | "twice" | "pooled",
    exported: string,
    ...messages: RegExp[]
  ): Promise<void> {
    const { [name]: bad, add } = tasks;
    await withPool({ bad, add }, {}, async ({ call }) => {
      for (let round = 0; round < 2; round++) {
        const error = await errorOf(call.bad());
        assert.ok(error instanceof TypeError, String(error));
        const start =
          `importTask expected export "${exported}" from "${targets}" to be a function. `;
        assert.ok(error.message.startsWith(start), error.message);
        for (const message of messages) assert.match(error.message, message);
        assert.equal(await call.add([1, 2]), 3);
      }
    });
  }

  it("rejects its calls, naming what is exported", async () => {
    await rejectsAlone("missing", "nowhere", available);
    await rejectsAlone("inherited", "toString", available);
    await rejectsAlone("table", "table", available);
  });

  it("says so if it is a task() definition", async () => {
    const advice = /is a task\(\) definition: export the function itself, and give timeout/;
    await rejectsAlone("wrapped", "wrapped", advice, available);
    await rejectsAlone("pooled", "pooled", advice, available);
    await rejectsAlone("twice", "imported", /is an importTask\(\) definition/, available);
  });

  it("rejects its calls with what its module throws", async () => {
    const { throwing, rejecting, add } = tasks;
    await withPool({ throwing, rejecting, add }, {}, async ({ call }) => {
      for (let round = 0; round < 2; round++) {
        const error = await errorOf(call.throwing());
        assert.ok(error instanceof RangeError);
        assert.equal(error.message, "the database is not there");
        assert.equal(await rejection(call.rejecting()), "not even an error");
        assert.equal(await call.add([1, 2]), 3);
      }
    });
  });

  it("rejects its calls if there is no such module", async () => {
    const { noModule, add } = tasks;
    await withPool({ noModule, add }, {}, async ({ call }) => {
      assert.match((await errorOf(call.noModule())).message, /no_such_module\.ts/);
      assert.equal(await call.add([1, 2]), 3);
    });
  });
});

describe("an imported task without workers", () => {
  it("is refused, whatever other tasks there are", () => {
    const { add, ordinary } = tasks;
    const make = createPool({ threads: 0, inliner: {} });
    assert.throws(
      () => make({ ordinary, plus: add }),
      (error) =>
        error instanceof Error &&
        /^Imported task has no worker lane to run on: "plus"/.test(error.message),
    );
  });
});
