// The options of createPool that are about workers.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ResolvedOptions, resolveOptions } from "../../src/api/resolve_options.ts";
import { runtime } from "../../src/runtime/current.ts";
import { refuses } from "../support/refuses.ts";

const notObjects = [null, 1, "on", [], true];
const notNumbers = ["1", null, 1n, {}, true];

/** What an option of `worker` means, in short. */
function meaning<K extends keyof ResolvedOptions>(worker: object, name: K): ResolvedOptions[K] {
  return resolveOptions({ worker })[name];
}

describe("worker", () => {
  it("refuses what is not an object, and what it does not have", () => {
    for (const worker of notObjects) {
      refuses({ worker }, TypeError, /^worker must be an object, received/);
    }
    refuses({ worker: { threads: 1 } }, TypeError, /^worker cannot have "threads"/, /bootstrap/);
  });

  it("is a thread or a process", () => {
    assert.equal(meaning({ runtime: "thread" }, "process"), undefined);
    for (const runtime of ["fiber", "", null, 1]) {
      refuses({ worker: { runtime } }, TypeError, /^worker\.runtime must be /);
    }
  });

  it("that is a process is of Deno's if nothing is said, and inherits its memory", () => {
    const limits = { memoryMb: undefined, cpuSeconds: undefined, openFiles: undefined };
    const process = {
      runtime: "deno",
      prefix: [],
      namePrefix: undefined,
      unlink: true,
      limits,
      sandboxed: false,
    };
    assert.deepEqual(meaning({ runtime: "process" }, "process"), process);
    for (const runtime of ["node", "deno", "bun"]) {
      assert.deepEqual(
        meaning({ runtime: "process", processRuntime: runtime }, "process"),
        { ...process, runtime },
      );
    }
    for (const processRuntime of ["porffor", "", null, 1]) {
      refuses(
        { worker: { runtime: "process", processRuntime } },
        TypeError,
        /^Unsupported process worker runtime: /,
      );
    }
  });

  it("that is a process may be wrapped by words", () => {
    const prefix = ["nice", "-n", "10"];
    const worker = { runtime: "process", processCommandPrefix: prefix };
    assert.deepEqual((meaning(worker, "process") as { prefix: readonly string[] }).prefix, prefix);
    for (const processCommandPrefix of ["nice", {}, null]) {
      refuses(
        { worker: { runtime: "process", processCommandPrefix } },
        TypeError,
        /^processCommandPrefix must be an argv array/,
      );
    }
    for (const word of ["", 1, undefined]) {
      refuses(
        { worker: { runtime: "process", processCommandPrefix: ["env", word] } },
        TypeError,
        /^processCommandPrefix\[1\] must be a non-empty string/,
      );
    }
  });

  it("that is a process may be in a sandbox", () => {
    const worker = { runtime: "process", sandbox: "bwrap" };
    assert.equal((meaning(worker, "process") as { sandboxed: boolean }).sandboxed, true);
    refuses(
      { worker: { ...worker, sandbox: "jail" } },
      TypeError,
      /^worker.sandbox must be "bwrap"/,
    );
    refuses({ worker: { sandbox: "bwrap" } }, TypeError, /^worker.sandbox is for processes/);
    refuses(
      { worker: { processCommandPrefix: ["env"] } },
      TypeError,
      /^worker.processCommandPrefix is for processes/,
    );
    refuses(
      { worker: { ...worker, processSharedMemory: "named" } },
      TypeError,
      /^worker.sandbox hides memory with a name/,
    );
  });

  it("that is a process may have limits", () => {
    // Behind a prefix nobody looks for the program that sets them.
    const wrapped = { runtime: "process", processCommandPrefix: ["env"] };
    const limitsOf = (processLimits: unknown) =>
      (meaning({ ...wrapped, processLimits }, "process") as { limits: unknown }).limits;
    const none = { memoryMb: undefined, cpuSeconds: undefined, openFiles: undefined };
    assert.deepEqual(limitsOf({}), none);
    assert.deepEqual(limitsOf({ memoryMb: 128, cpuSeconds: 1 }), {
      ...none,
      memoryMb: 128,
      cpuSeconds: 1,
    });
    assert.deepEqual(limitsOf({ openFiles: 64 }), { ...none, openFiles: 64 });
    const bad = { memoryMb: 127, cpuSeconds: 0, openFiles: 63 };
    for (const [name, tooLow] of Object.entries(bad)) {
      for (const limit of [tooLow, 1e10, 200.5, NaN]) {
        const worker = { ...wrapped, processLimits: { [name]: limit } };
        refuses(
          { worker },
          RangeError,
          new RegExp(`^worker.processLimits.${name} must be a whole`),
        );
      }
    }
    const worker = { ...wrapped, processLimits: { memoryMB: 512 } };
    refuses({ worker }, TypeError, /^worker.processLimits cannot have "memoryMB"/);
    refuses(
      { worker: { processLimits: {} } },
      TypeError,
      /^worker.processLimits are for processes/,
    );
  });

  it("that is a process may have memory with a name", () => {
    const memoryOf = (processSharedMemory: unknown) => {
      const { namePrefix, unlink } = meaning(
        { runtime: "process", processSharedMemory },
        "process",
      ) as { namePrefix: string; unlink: boolean };
      return { namePrefix, unlink };
    };
    assert.deepEqual(memoryOf("named"), { namePrefix: "kpw", unlink: true });
    assert.deepEqual(
      memoryOf({ mode: "named", namePrefix: "knit_worker", unlinkOnShutdown: false }),
      { namePrefix: "knit_worker", unlink: false },
    );
    const refused: [unknown, RegExp][] = [
      ["both", /^Unsupported processSharedMemory mode: /],
      [{ mode: 1 }, /^Unsupported processSharedMemory mode: /],
      [{ mode: "named", namePrefix: "" }, /namePrefix/],
      [{ mode: "named", namePrefix: 1 }, /namePrefix/],
      [{ mode: "named", namePrefix: "a\0b" }, /namePrefix must have no NUL/],
      [{ name: "x" }, /^worker\.processSharedMemory cannot have "name"/],
    ];
    for (const [processSharedMemory, message] of refused) {
      refuses({ worker: { runtime: "process", processSharedMemory } }, TypeError, message);
    }
  });

  it("that is a process has no limits of threads", () => {
    refuses(
      { worker: { runtime: "process", resourceLimits: { maxOldGenerationSizeMb: 64 } } },
      TypeError,
      /^worker\.resourceLimits are for threads/,
    );
  });

  it("lets calls finish only if it is told to", () => {
    assert.equal(meaning({}, "resolveAfterFinishingAll"), false);
    for (const resolveAfterFinishingAll of [true, false]) {
      const worker = { resolveAfterFinishingAll };
      assert.equal(meaning(worker, "resolveAfterFinishingAll"), resolveAfterFinishingAll);
    }
    for (const resolveAfterFinishingAll of [null, 1, "yes"]) {
      refuses(
        { worker: { resolveAfterFinishingAll } },
        TypeError,
        /^worker\.resolveAfterFinishingAll must be a boolean, received/,
      );
    }
  });
});

describe("worker.bootstrap", () => {
  it("is a module, and what to call in it with what", () => {
    assert.equal(meaning({}, "bootstrap"), undefined);
    assert.deepEqual(meaning({ bootstrap: { href: "./a.ts" } }, "bootstrap"), {
      href: "./a.ts",
      name: "default",
      data: undefined,
    });
    const bootstrap = { href: "./a.ts", name: "start", data: { ports: [1, 2], at: new Date(5) } };
    assert.deepEqual(meaning({ bootstrap }, "bootstrap"), bootstrap);
  });

  it("keeps data as it was when the pool was made", () => {
    const data = { ports: [1] };
    const resolved = meaning({ bootstrap: { href: "./a.ts", data } }, "bootstrap");
    data.ports.push(2);
    assert.deepEqual(resolved!.data, { ports: [1] });
  });

  it("refuses what is not an object, and what it does not have", () => {
    for (const bootstrap of [null, "./a.ts", 1, []]) {
      refuses(
        { worker: { bootstrap } },
        TypeError,
        /^worker\.bootstrap must be an object, received/,
      );
    }
    refuses(
      { worker: { bootstrap: { href: "./a.ts", url: "./a.ts" } } },
      TypeError,
      /^worker\.bootstrap cannot have "url"; expected one of: href, name, data$/,
    );
  });

  it("refuses a module and a name that are not text", () => {
    for (const href of [undefined, null, "", 1]) {
      refuses(
        { worker: { bootstrap: { href } } },
        TypeError,
        /^worker\.bootstrap\.href must be a non-empty string, received/,
      );
    }
    for (const name of ["", null, 1, {}]) {
      refuses(
        { worker: { bootstrap: { href: "./a.ts", name } } },
        TypeError,
        /^worker\.bootstrap\.name must be a non-empty string, received/,
      );
    }
  });

  it("refuses data that cannot be cloned", () => {
    refuses(
      { worker: { bootstrap: { href: "./a.ts", data: { f: () => 1 } } } },
      TypeError,
      /^worker\.bootstrap\.data must be something that can be cloned: /,
    );
  });
});

describe("worker.timers", () => {
  const byDefault = { spinMicroseconds: 50, parkMs: Infinity, pauseNanoseconds: 0 };

  it("have defaults", () => {
    for (const worker of [{}, { timers: {} }]) {
      assert.deepEqual(meaning(worker, "timers"), byDefault);
    }
  });

  it("take every number from their least on", () => {
    const least = { spinMicroseconds: 0, parkMs: 1, pauseNanoseconds: 0 };
    const most = { spinMicroseconds: Infinity, parkMs: Infinity, pauseNanoseconds: Infinity };
    for (const timers of [least, most, { ...least, spinMicroseconds: 0.5 }]) {
      assert.deepEqual(meaning({ timers }, "timers"), timers);
    }
  });

  it("refuse what is not an object, and what they do not have", () => {
    for (const timers of notObjects) {
      refuses({ worker: { timers } }, TypeError, /^worker\.timers must be an object, received/);
    }
    refuses(
      { worker: { timers: { spinMs: 1 } } },
      TypeError,
      /^worker\.timers cannot have "spinMs"/,
    );
  });

  it("refuse numbers that are none, or out of range", () => {
    const least = { spinMicroseconds: 0, parkMs: 1, pauseNanoseconds: 0 };
    for (const [name, from] of Object.entries(least)) {
      for (const value of notNumbers) {
        refuses(
          { worker: { timers: { [name]: value } } },
          TypeError,
          new RegExp(`^worker\\.timers\\.${name} must be a number, received`),
        );
      }
      for (const value of [from - 1, NaN, -Infinity]) {
        refuses(
          { worker: { timers: { [name]: value } } },
          RangeError,
          new RegExp(
            `^worker\\.timers\\.${name} must be a number from ${from} on, received ${value}$`,
          ),
        );
      }
    }
  });
});

describe("worker.hardTimeoutMs", () => {
  it("is none by default, and a whole number of milliseconds from 1 on", () => {
    assert.equal(meaning({}, "hardTimeoutMs"), Infinity);
    const cases = [[1, 1], [2.9, 2], [0.5, 1], [0, 1], [5_000, 5_000], [Infinity, Infinity]];
    for (const [hardTimeoutMs, ms] of cases) {
      assert.equal(meaning({ hardTimeoutMs }, "hardTimeoutMs"), ms);
    }
  });

  it("refuses numbers that are none, or out of range", () => {
    for (const hardTimeoutMs of notNumbers) {
      refuses({ worker: { hardTimeoutMs } }, TypeError, /^worker\.hardTimeoutMs must be a number/);
    }
    for (const hardTimeoutMs of [-1, NaN, -Infinity]) {
      refuses(
        { worker: { hardTimeoutMs } },
        RangeError,
        /^worker\.hardTimeoutMs must be a number from 0 on, received/,
      );
    }
  });

  it("ends the pool unless it is told to replace the worker", () => {
    assert.equal(meaning({}, "onHardTimeout"), "shutdown");
    for (const onHardTimeout of ["shutdown", "replace"]) {
      assert.equal(meaning({ onHardTimeout }, "onHardTimeout"), onHardTimeout);
    }
    for (const onHardTimeout of ["ignore", "", null, true]) {
      refuses(
        { worker: { onHardTimeout } },
        TypeError,
        /^worker\.onHardTimeout must be "shutdown" or "replace", received/,
      );
    }
  });
});

describe("worker.resourceLimits", () => {
  const names = [
    "maxOldGenerationSizeMb",
    "maxYoungGenerationSizeMb",
    "codeRangeSizeMb",
    "stackSizeMb",
  ];

  it("refuse what is not an object, and what they do not have", () => {
    for (const resourceLimits of notObjects) {
      refuses(
        { worker: { resourceLimits } },
        TypeError,
        /^worker\.resourceLimits must be an object, received/,
      );
    }
    refuses(
      { worker: { resourceLimits: { heapMb: 1 } } },
      TypeError,
      /^worker\.resourceLimits cannot have "heapMb"/,
      /maxOldGenerationSizeMb/,
    );
  });

  it("are refused where a thread has none", {
    skip: runtime.hasThreadFlags ? "Node has limits for threads" : false,
  }, () => {
    for (const resourceLimits of [{}, { stackSizeMb: 8 }]) {
      refuses(
        { worker: { resourceLimits } },
        Error,
        /^worker\.resourceLimits cannot be set on (?:deno|bun): only Node/,
      );
    }
  });

  it("are numbers of megabytes, as many as are given", {
    skip: runtime.hasThreadFlags ? false : "only Node has limits for threads",
  }, () => {
    assert.equal(meaning({}, "resourceLimits"), undefined);
    const all = Object.fromEntries(names.map((name) => [name, 8]));
    assert.deepEqual(meaning({ resourceLimits: all }, "resourceLimits"), all);
    const one = { stackSizeMb: 0.5, codeRangeSizeMb: undefined };
    assert.deepEqual(meaning({ resourceLimits: one }, "resourceLimits"), { stackSizeMb: 0.5 });
    for (const name of names) {
      const start = new RegExp(`^worker\\.resourceLimits\\.${name} must be a number`);
      for (const value of notNumbers) {
        refuses({ worker: { resourceLimits: { [name]: value } } }, TypeError, start);
      }
      for (const value of [0, -1, NaN, Infinity]) {
        const end = new RegExp(`received ${value}$`);
        refuses({ worker: { resourceLimits: { [name]: value } } }, RangeError, start, end);
      }
    }
  });

  it("are not so low that Node would end the program", {
    skip: runtime.hasThreadFlags ? false : "only Node has limits for threads",
  }, () => {
    const refused = { maxOldGenerationSizeMb: 7.9, stackSizeMb: 0.4 };
    for (const [name, value] of Object.entries(refused)) {
      refuses(
        { worker: { resourceLimits: { [name]: value } } },
        RangeError,
        /number from (8|0\.5) on/,
      );
    }
  });
});

describe("workerExecArgv", () => {
  it("is a list of flags, as given; none by default", () => {
    assert.equal(resolveOptions({}).execArgv, undefined);
    for (const workerExecArgv of [[], ["--expose-gc", "--conditions=a"]]) {
      assert.deepEqual(resolveOptions({ workerExecArgv }).execArgv, workerExecArgv);
    }
  });

  it("refuses what is not a list of texts", () => {
    for (const workerExecArgv of [null, "--expose-gc", 1, {}, true]) {
      refuses(
        { workerExecArgv },
        TypeError,
        /^workerExecArgv must be an array of strings, received/,
      );
    }
    for (const flag of ["", null, undefined, 1, ["-C"]]) {
      refuses(
        { workerExecArgv: ["--expose-gc", flag] },
        TypeError,
        /^workerExecArgv\[1\] must be a non-empty string, received/,
      );
    }
  });
});
