// What a program that uses a pool does as a whole: above all, that it ends.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { parsesUsing, type ProgramOptions, runProgram, runtimeName } from "../support/program.ts";

const noUsing = parsesUsing ? false : "this version of Node cannot read `using`";

/** Runs a program that must end by itself, without an error, after printing `lines`. */
async function assertPrints(
  file: string,
  lines: readonly string[],
  options: ProgramOptions = {},
): Promise<void> {
  const { code, late, stdout, stderr } = await runProgram(file, options);
  assert.equal(late, false, `did not end by itself; it printed:\n${stdout}${stderr}`);
  assert.deepEqual(stdout.split("\n"), [...lines, ""], stderr);
  assert.equal(stderr, "");
  assert.equal(code, 0);
}

describe("a program", () => {
  it("ends after shutdown: the quick start", async () => {
    await assertPrints("hello_shutdown.ts", [
      `{"n":64,"message":"hello knitting"}`,
      "shut down",
    ]);
  });

  it("ends after `using`", { skip: noUsing }, async () => {
    await assertPrints("hello_using.ts", ["hello knitting"]);
  });

  it("ends after `await using`, which waits", { skip: noUsing }, async () => {
    await assertPrints("hello_await_using.ts", ["hello knitting", "closed"]);
  });

  it("may forget the guard around `using`", { skip: noUsing }, async () => {
    await assertPrints("unguarded_using.ts", ["hello knitting"]);
  });

  it("ends after Symbol.dispose", async () => {
    await assertPrints("hello_dispose.ts", ["hello knitting", "Pool is shut down"]);
  });

  it("ends after shutdown of a pool of one task, made at module scope", async () => {
    await assertPrints("double_alone.ts", ["42"]);
  });

  it("ends after calling what it never loads itself", async () => {
    await assertPrints("import_task.ts", ["5"]);
  });

  it("ends when the last call has settled, though no worker ever got it", async () => {
    for (const [how, reason] of [["rejects", "too late"], ["missing", "KNT_ERROR_TASK"]] as const) {
      await assertPrints("late_argument.ts", ["after 20 ms", reason], { args: [how] });
    }
  });

  for (const maxBackoffMs of ["Infinity", "5", "0"]) {
    it(`ends though a worker goes on with a call that was given up (parking ${maxBackoffMs} ms)`, async () => {
      await assertPrints("timed_out.ts", ["timed out"], { args: [maxBackoffMs] });
    });
  }

  for (const threads of ["1", "2"]) {
    it(`ends with an idle pool that is never shut down (${threads} thread(s))`, async () => {
      await assertPrints("idle_pool.ts", ["9", "end of program"], { args: ["idle", threads] });
    });

    it(`ends with a pool that was never used (${threads} thread(s))`, async () => {
      await assertPrints("idle_pool.ts", ["end of program"], { args: ["unused", threads] });
    });

    it(`ends while the workers of an unused pool start (${threads} thread(s))`, async () => {
      await assertPrints("idle_pool.ts", ["end of program"], { args: ["new", threads] });
    });
  }

  it("ends after many pools", async () => {
    await assertPrints("many_pools.ts", ["159"], { limitMs: 60_000 });
  });

  const closed: Record<string, readonly string[]> = {
    neither: ["true", "25", "36"],
    first: ["true", "36"],
    second: ["true", "25"],
    both: ["true"],
  };
  for (const [which, lines] of Object.entries(closed)) {
    it(`ends with two pools, of which ${which} is closed while the other has calls`, async () => {
      await assertPrints("two_pools.ts", lines, { args: [which] });
    });
  }

  const results: Record<string, string> = {
    timer: "after 300 ms",
    cpu: "after 300 ms",
    await: "after 300 ms",
    reject: "failed on purpose",
    queue: "2000 results",
    chain: "after 20 ms",
    delay: "shut down",
  };
  for (const [kind, line] of Object.entries(results)) {
    it(`lives as long as a call is in flight (${kind})`, async () => {
      await assertPrints("in_flight.ts", [line], { args: [kind] });
    });
  }

  const givenUp: [kind: string, line: string, options?: Options][] = [
    ["timeout", "late"],
    ["late value", "after 1300 ms"],
    ["abort", "told"],
    ["reject", "given up"],
    ["signal", "TimeoutError"],
    ["unused signal", "after 1 ms"],
    [
      "hard timeout",
      "Task hard timeout after 100ms (deaf); pool force-shutdown",
      { worker: { hardTimeoutMs: 100 } },
    ],
    [
      "hard timeout",
      "Task hard timeout after 100ms (deaf); worker replaced",
      { worker: { hardTimeoutMs: 100, onHardTimeout: "replace" } },
    ],
    ["reject", "given up", { host: { maxBackoffMs: 0 } }],
    ["timeout", "late", { host: { maxBackoffMs: 5 }, threads: 2 }],
    ["timeout", "late", { threads: 0, inliner: {} }],
    ["abort", "told", { threads: 0, inliner: {} }],
    ["reject", "given up", { inliner: { position: "first" } }],
  ];
  for (const [kind, line, options = {}] of givenUp) {
    it(
      `lives until its last promise has settled, and no longer: ${kind}, ${
        JSON.stringify(options)
      }`,
      async () => {
        await assertPrints("given_up.ts", [line], { args: [kind, JSON.stringify(options)] });
      },
    );
  }

  it("fails because of a rejection that it does not handle, and says where", async () => {
    const { code, late, stderr } = await runProgram("exit_code.ts");
    assert.equal(late, false);
    assert.notEqual(code, 0);
    assert.match(stderr, /unhandled on purpose/);
    assert.match(stderr, /exit_code\.ts/);
  });

  for (const kind of ["loop", "timer", "starting"]) {
    it(`can be ended by process.exit while a worker is busy (${kind})`, async () => {
      const { code, late, stdout } = await runProgram("exit_while_busy.ts", { args: [kind] });
      assert.equal(late, false);
      assert.deepEqual([code, stdout], [5, "exiting\n"]);
    });
  }

  // What a signal gives is for the system to say: 128 and its number to a shell, none here.
  const ends: Record<string, number | null> = {
    exit: 5,
    throw: 1,
    reject: 1,
    SIGTERM: null,
    SIGINT: null,
  };
  const bursts = ["sync", "settle", "getter", "large"].map((where, i) =>
    [where, Object.keys(ends)[i]!] as const
  );
  for (const kind of ["thread", "process"]) {
    for (const [where, how] of [...bursts, ["sync", "SIGINT"]] as const) {
      it(`can end in the middle of thousands of calls (${kind}, ${where}, ${how})`, async () => {
        const { code, late, stderr } = await runProgram("burst.ts", { args: [kind, where, how] });
        assert.equal(late, false);
        assert.equal(code, ends[how], stderr);
      });
    }
  }

  it("keeps its workers when promises reject that nobody awaits", async () => {
    const { code, stdout, stderr } = await runProgram("detached_rejections.ts");
    assert.deepEqual(stdout.split("\n"), ["0 now", "1 microtask", "2 timer", "3", ""], stderr);
    assert.equal(code, 0);
  });

  it("replaces a worker that runs out of memory", {
    skip: runtimeName === "node" ? false : `${runtimeName} ends the whole program`,
  }, async () => {
    const { code, late, stdout, stderr } = await runProgram("out_of_memory.ts", {
      flags: ["--max-old-space-size=60"],
      limitMs: 60_000,
    });
    const lines = stdout.split("\n");
    assert.equal(late, false, stdout);
    assert.equal(lines[0], "4", stderr);
    assert.match(lines[1]!, /^KNT_ERROR_WORKER_CRASHED Worker crashed: .*memory.*"hoard"/);
    assert.deepEqual(lines.slice(2), ["9", ""]);
    assert.equal(code, 0);
  });
});

describe("isMain", () => {
  it("is true in a program, and false in one that is a process worker", async () => {
    await assertPrints("process_worker.ts", ["true"]);
    for (const [value, isMain] of [["1", "false"], ["bundle", "false"], ["0", "true"]] as const) {
      await assertPrints("process_worker.ts", [isMain], {
        env: { KNITTING_PROCESS_WORKER: value },
      });
    }
  });
});
