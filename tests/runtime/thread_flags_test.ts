import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { runtime } from "../../src/runtime/current.ts";
import { threadFlags } from "../../src/runtime/thread_flags.ts";
import { square } from "../fixtures/basic_tasks.ts";
import { hoard, stackDepth, startedWith } from "../fixtures/thread_tasks.ts";
import { errorWithCode, until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const onNode = { skip: runtime.hasThreadFlags ? false : "only Node has flags for threads" };
const elsewhere = { skip: runtime.hasThreadFlags ? "Node has flags for threads" : false };

/** The messages of warnings about flags that come while `body` runs, once `last` is among them. */
async function warningsOf(body: () => void, last: RegExp): Promise<string[]> {
  const messages: string[] = [];
  const listener = (warning: Error & { code?: unknown }): void => {
    if (warning.code === "KNT_WARN_EXEC_ARGV") messages.push(warning.message);
  };
  process.on("warning", listener);
  try {
    body();
    await until(`a warning like ${last}`, () => messages.some((message) => last.test(message)));
  } finally {
    process.off("warning", listener);
  }
  return messages;
}

describe("flags for threads", onNode, () => {
  it("are those of the program if none are given, whatever the limits", () => {
    const limits = { stackSizeMb: 8 };
    assert.deepEqual(threadFlags(undefined, limits), {
      execArgv: undefined,
      resourceLimits: limits,
    });
  });

  it("are given as they are if a thread can have them", () => {
    const flags = ["--conditions=a", "-C", "b", "--conditions", "c", "--no-warnings", "--import=x"];
    assert.deepEqual(threadFlags(flags, undefined), { execArgv: flags, resourceLimits: {} });
    assert.deepEqual(threadFlags([], undefined), { execArgv: [], resourceLimits: {} });
  });

  it("are given once", () => {
    const flags = ["--no-warnings", "-C", "a", "--no-warnings", "-C", "b", "-C", "a"];
    const { execArgv } = threadFlags(flags, undefined);
    assert.deepEqual(execArgv, ["--no-warnings", "-C", "a", "-C", "b"]);
  });

  it("become limits if they are sizes, in the units of limits", () => {
    const limits: [flag: string, limits: Record<string, number>][] = [
      ["--max-old-space-size=64", { maxOldGenerationSizeMb: 64 }],
      ["--max_old_space_size=64", { maxOldGenerationSizeMb: 64 }],
      ["--max-semi-space-size=16", { maxYoungGenerationSizeMb: 48 }],
      ["--stack-size=2048", { stackSizeMb: 2 }],
      ["--stack_size=512", { stackSizeMb: 0.5 }],
    ];
    for (const [flag, resourceLimits] of limits) {
      assert.deepEqual(threadFlags([flag], undefined), { execArgv: [], resourceLimits });
      assert.deepEqual(threadFlags(flag.split("="), undefined), { execArgv: [], resourceLimits });
    }
    const all = limits.map(([flag]) => flag);
    assert.deepEqual(threadFlags(all, undefined).resourceLimits, {
      maxOldGenerationSizeMb: 64,
      maxYoungGenerationSizeMb: 48,
      stackSizeMb: 0.5,
    });
  });

  it("give way to limits", () => {
    const flags = ["--max-old-space-size=64", "--stack-size=2048"];
    const { resourceLimits } = threadFlags(flags, { stackSizeMb: 8, codeRangeSizeMb: 16 });
    assert.deepEqual(resourceLimits, {
      maxOldGenerationSizeMb: 64,
      stackSizeMb: 8,
      codeRangeSizeMb: 16,
    });
  });

  it("are left out and reported once if a thread cannot have them", async () => {
    const flags = [
      "--expose-gc",
      "--no-warnings",
      "--title=a, b",
      "--max-old-space-size=much",
      "--stack-size=100",
      "--conditions",
      "--no-such-flag",
      "value",
    ];
    let execArgv: unknown;
    const messages = await warningsOf(() => {
      for (let i = 0; i < 3; i++) ({ execArgv } = threadFlags(flags, undefined));
    }, /--no-such-flag/);
    assert.deepEqual(execArgv, ["--no-warnings"]);
    assert.deepEqual(messages.map((message) => message.split(" is left out of")[0]), [
      "--expose-gc",
      "--title=a, b",
      "--max-old-space-size=much",
      "--stack-size=100",
      "--conditions",
      "--no-such-flag value",
    ]);
  });
});

describe("flags for threads where there are none", elsewhere, () => {
  it("are reported once and ignored", async () => {
    const limits = undefined;
    const messages = await warningsOf(() => {
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(threadFlags(["--expose-gc"], limits), {
          execArgv: undefined,
          resourceLimits: undefined,
        });
      }
    }, /^workerExecArgv has no effect/);
    assert.equal(messages.length, 1);
    assert.ok(messages[0]!.includes(runtime.name));
  });

  it("are not missed if they are not given", () => {
    assert.deepEqual(threadFlags(undefined, undefined), {
      execArgv: undefined,
      resourceLimits: undefined,
    });
  });
});

describe("workerExecArgv", () => {
  it("may say what a thread cannot have: the pool works all the same", async () => {
    const workerExecArgv = ["--expose-gc", "--max-old-space-size=4096"];
    await withPool({ square }, { workerExecArgv }, async ({ call }) => {
      assert.equal(await call.square(3), 9);
    });
  });

  it("is what workers are started with", onNode, async () => {
    const workerExecArgv = ["--expose-gc", "--conditions=knitting", "--max-old-space-size=512"];
    const permission = "unsafe";
    await withPool({ startedWith }, { workerExecArgv, permission }, async ({ call }) => {
      const { execArgv, limits } = await call.startedWith();
      assert.deepEqual(execArgv, ["--conditions=knitting"]);
      assert.equal(limits.maxOldGenerationSizeMb, 512);
    });
    await withPool({ startedWith }, { permission }, async ({ call }) => {
      assert.deepEqual((await call.startedWith()).execArgv, process.execArgv);
    });
  });

  it("comes behind the flags of permissions", onNode, async () => {
    const workerExecArgv = ["--conditions=knitting"];
    await withPool({ startedWith }, { workerExecArgv }, async ({ call }) => {
      const { execArgv } = await call.startedWith();
      assert.deepEqual([execArgv[0], execArgv.at(-1)], ["--permission", workerExecArgv[0]]);
    });
  });

  it("cannot widen permissions", () => {
    for (const flag of ["--allow-fs-read=*", "--permission", "--allow_worker"]) {
      const options = { workerExecArgv: ["--no-warnings", flag] };
      assert.throws(() => createPool(options)({ square }), {
        name: "TypeError",
        message: new RegExp(
          `^workerExecArgv cannot have ${flag.replace("*", "\\*")}: permission says`,
        ),
      });
    }
  });
});

describe("worker.resourceLimits", onNode, () => {
  it("are the limits of the worker that runs into them, and of no other", async () => {
    const resourceLimits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 8 };
    await withPool({ hoard, square }, { threads: 2, worker: { resourceLimits } }, async (pool) => {
      const { call } = pool;
      assert.equal(await call.square(2), 4);
      // Twice, as the worker that takes its place has limits, too.
      for (let i = 0; i < 2; i++) {
        const error = await errorWithCode(call.hoard(), "KNT_ERROR_WORKER_CRASHED");
        assert.match(error.message, /memory.*"hoard"/);
        assert.deepEqual(await Promise.all([call.square(3), call.square(4)]), [9, 16]);
      }
    });
  });

  it("are also about the stack", async () => {
    const depth = async (stackSizeMb: number): Promise<number> => {
      let depth = 0;
      await withPool(
        { stackDepth },
        { worker: { resourceLimits: { stackSizeMb } } },
        async (pool) => {
          depth = await pool.call.stackDepth();
        },
      );
      return depth;
    };
    assert.ok(await depth(3) > 2 * await depth(1));
  });
});
