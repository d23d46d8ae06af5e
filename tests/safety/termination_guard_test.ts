// The guard with objects made up here: the real ones cannot be had back.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KnittingError } from "../../mod.ts";
import { guardTermination } from "../../src/safety/termination_guard.ts";

type Fake = Record<string, (...args: unknown[]) => unknown> & { _exiting?: boolean };

/** A `process` whose functions only say what they were called with. */
function fakeProcess(): Fake {
  const fake = { pid: 7 } as unknown as Fake;
  for (const name of ["exit", "kill", "abort", "reallyExit"]) {
    fake[name] = function (this: unknown, ...args) {
      assert.equal(this, fake);
      return [`real ${name}`, ...args];
    };
  }
  return fake;
}

const refusal = (api: string) => (error: unknown): true => {
  assert.ok(error instanceof KnittingError);
  assert.equal(error.code, "KNT_ERROR_PROCESS_GUARD");
  assert.equal(error.message, `KNT_ERROR_PROCESS_GUARD: ${api} is disabled in worker tasks`);
  return true;
};

const installFailure = (api: string) => (error: unknown): true => {
  assert.ok(error instanceof KnittingError);
  assert.equal(error.code, "KNT_ERROR_PROCESS_GUARD_INSTALL");
  assert.ok(error.message.startsWith(`KNT_ERROR_PROCESS_GUARD_INSTALL: ${api} `), error.message);
  return true;
};

describe("the termination guard", () => {
  it("makes every function throw that ends a thread or the program", () => {
    const process = fakeProcess();
    const Deno = { exit: () => {}, kill: () => {} };
    guardTermination({ process, Deno });
    for (const name of ["exit", "kill", "abort", "reallyExit"]) {
      assert.throws(() => process[name]!(1), refusal(`process.${name}`));
    }
    assert.throws(() => Deno.exit(), refusal("Deno.exit"));
    assert.throws(() => Deno.kill(), refusal("Deno.kill"));
  });

  it("cannot be taken back", () => {
    const process = fakeProcess();
    guardTermination({ process });
    assert.throws(() => process["exit"] = () => "mine", TypeError);
    assert.throws(() => delete process["exit"], TypeError);
    assert.throws(() => Object.defineProperty(process, "exit", { value: () => "mine" }), TypeError);
    assert.throws(() => process["exit"]!(), refusal("process.exit"));
  });

  it("leaves a flag that is not listed, and nothing else", () => {
    const process = fakeProcess();
    const before = Object.keys(process);
    guardTermination({ process });
    assert.deepEqual(Object.keys(process), before);
    assert.equal((process as Record<string, unknown>)["__knittingTerminationGuard"], true);
    assert.equal((process as unknown as { pid: number }).pid, 7);
  });

  it("adds nothing when it is installed again", () => {
    const process = fakeProcess();
    const letEnd = guardTermination({ process });
    const guards = { ...process };
    const letEndAgain = guardTermination({ process });
    assert.deepEqual({ ...process }, guards);
    letEndAgain();
    assert.throws(() => process["exit"]!(), refusal("process.exit"));
    letEnd();
    assert.deepEqual(process["exit"]!(2), ["real exit", 2]);
  });

  it("makes do without `process`, and without functions that are not there", () => {
    guardTermination({})();
    guardTermination({ process: undefined, Deno: undefined })();
    const process = fakeProcess();
    delete process["reallyExit"];
    guardTermination({ process });
    assert.equal("reallyExit" in process, false);
    assert.throws(() => process["exit"]!(), refusal("process.exit"));
  });

  it("lets everything through, unchanged, once the library says so", () => {
    const process = fakeProcess();
    const letEnd = guardTermination({ process });
    letEnd();
    assert.deepEqual(process["reallyExit"]!(3), ["real reallyExit", 3]);
    assert.deepEqual(process["kill"]!(1, "SIGTERM"), ["real kill", 1, "SIGTERM"]);
  });

  it("lets a runtime end a thread that failed, which it does by process.exit", () => {
    const process = fakeProcess();
    const { exit } = process;
    process["exit"] = function (this: unknown, ...args) {
      exit!.apply(this, args);
      return process["reallyExit"]!(4);
    };
    guardTermination({ process });
    process._exiting = true;
    assert.deepEqual(process["exit"]!(), ["real reallyExit", 4]);
  });

  it("does not take a refused exit for one that is under way", () => {
    const process = fakeProcess();
    // What `import { exit } from "node:process"` is where named imports cannot be replaced.
    const namedExit = (code: number): unknown => {
      process._exiting = true;
      return process["reallyExit"]!(code);
    };
    guardTermination({ process });
    assert.throws(() => namedExit(1), refusal("process.reallyExit"));
    assert.throws(() => process["exit"]!(1), refusal("process.exit"));
    assert.throws(() => namedExit(1), refusal("process.reallyExit"));
  });

  it("assigns what it cannot define", () => {
    const process = fakeProcess();
    let exit = process["exit"]!;
    Object.defineProperty(process, "exit", {
      get: () => exit,
      set: (value) => exit = value,
      configurable: false,
    });
    const Deno = new Proxy({ exit: () => {} }, {
      defineProperty(target, name, descriptor) {
        // Assigning to the proxy comes here as well, but without attributes.
        if (Object.keys(descriptor).length > 1) throw new Error("do not define");
        return Reflect.defineProperty(target, name, descriptor);
      },
    });
    guardTermination({ process, Deno });
    assert.throws(() => process["exit"]!(), refusal("process.exit"));
    assert.throws(() => process["kill"]!(), refusal("process.kill"));
    assert.throws(() => Deno.exit(), refusal("Deno.exit"));
  });

  it("says which function it could neither define nor assign", () => {
    const fixed = fakeProcess();
    Object.defineProperty(fixed, "abort", { writable: false, configurable: false });
    assert.throws(() => guardTermination({ process: fixed }), installFailure("process.abort"));
    const frozen = Object.freeze(fakeProcess());
    assert.throws(() => guardTermination({ process: frozen }), installFailure("process.exit"));
    // A setter that does nothing: no error, and no guard.
    const deaf = fakeProcess();
    const exit = deaf["exit"]!;
    Object.defineProperty(deaf, "exit", {
      get: () => exit,
      set: () => {},
      configurable: false,
    });
    assert.throws(() => guardTermination({ process: deaf }), installFailure("process.exit"));
    const fixedDeno = Object.freeze({ exit: () => {} });
    assert.throws(
      () => guardTermination({ process: fakeProcess(), Deno: fixedDeno }),
      installFailure("Deno.exit"),
    );
  });
});
