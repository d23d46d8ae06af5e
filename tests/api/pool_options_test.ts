// The options of createPool that are about lanes, the host and permissions, and old names of options.

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { type ResolvedOptions, resolveOptions } from "../../src/api/resolve_options.ts";
import { echo } from "../fixtures/basic_tasks.ts";
import { refuses } from "../support/refuses.ts";
import { strategies } from "../support/strategies.ts";
import { errorWithCode } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const notObjects = [null, 1, "on", [], true];
const notNumbers = ["1", null, 1n, {}, true];

/** What an option means, in short. */
function meaning<K extends keyof ResolvedOptions>(options: object, name: K): ResolvedOptions[K] {
  return resolveOptions(options)[name];
}

describe("inliner", () => {
  it("is off by default, and {} turns it on", () => {
    assert.equal(meaning({}, "inliner"), undefined);
    assert.deepEqual(meaning({ inliner: {} }, "inliner"), {
      position: "last",
      batchSize: 1,
      dispatchThreshold: 1,
    });
  });

  it("takes every value that it has", () => {
    const inliner = { position: "first", batchSize: 65_536, dispatchThreshold: 10 };
    assert.deepEqual(meaning({ inliner }, "inliner"), inliner);
  });

  it("is the only one that needs no threads", () => {
    assert.equal(meaning({ threads: 0, inliner: {} }, "threads"), 0);
    refuses({ threads: 0 }, RangeError, /^threads must be a whole number from 1 to 1024/);
    refuses({ threads: -1, inliner: {} }, RangeError, /from 0 to 1024, received -1$/);
  });

  it("refuses what is not an object, and what it does not have", () => {
    for (const inliner of notObjects) {
      refuses({ inliner }, TypeError, /^inliner must be an object, received/);
    }
    refuses({ inliner: { batch: 1 } }, TypeError, /^inliner cannot have "batch"/, /batchSize/);
    for (const position of ["middle", null, 1]) {
      refuses(
        { inliner: { position } },
        TypeError,
        /^inliner\.position must be "first" or "last", received/,
      );
    }
  });

  it("refuses numbers that are none, or out of range", () => {
    for (const name of ["batchSize", "dispatchThreshold"]) {
      for (const value of notNumbers) {
        refuses(
          { inliner: { [name]: value } },
          TypeError,
          new RegExp(`^inliner\\.${name} must be a number, received`),
        );
      }
      for (const value of [0, -1, 1.5, NaN, Infinity]) {
        refuses(
          { inliner: { [name]: value } },
          RangeError,
          new RegExp(`^inliner\\.${name} must be a whole number from 1 to`),
        );
      }
    }
    refuses({ inliner: { batchSize: 65_537 } }, RangeError, /from 1 to 65536, received 65537$/);
  });

  it("cannot be combined with a bootstrap", () => {
    const worker = { bootstrap: { href: "./bootstrap.ts" } };
    refuses({ inliner: {}, worker }, Error, /^worker\.bootstrap cannot be used with the inliner$/);
  });
});

describe("balancer", () => {
  it("is a name or an object with a strategy; none by default", () => {
    for (const none of [{}, { balancer: {} }, { balancer: { strategy: undefined } }]) {
      assert.equal(meaning(none, "balancer"), undefined);
    }
    for (const name of strategies) {
      assert.equal(meaning({ balancer: name }, "balancer"), name);
      assert.equal(meaning({ balancer: { strategy: name } }, "balancer"), name);
    }
  });

  it("has an old name for roundRobin", () => {
    assert.equal(meaning({ balancer: "robinRound" }, "balancer"), "roundRobin");
  });

  it("refuses names that do not exist, and lists those that do", () => {
    for (const balancer of ["least-busy", "", { strategy: "least-busy" }]) {
      refuses({ balancer }, TypeError, /^Unknown balancer: "/, /roundRobin.*firstIdleOrRandom/);
    }
  });

  it("refuses what is not a name", () => {
    for (const balancer of [null, 1, true, { strategy: null }, { strategy: 1 }]) {
      refuses({ balancer }, TypeError, /^balancer must be one of "roundRobin".*, received/);
    }
    refuses({ balancer: ["roundRobin"] }, TypeError, /^balancer must be an object, received/);
    refuses({ balancer: { name: "roundRobin" } }, TypeError, /^balancer cannot have "name"/);
  });
});

describe("abortSignalCapacity", () => {
  it("is 258 by default, and at most 2 to the 20th", () => {
    assert.equal(meaning({}, "abortSignalCapacity"), 258);
    for (const abortSignalCapacity of [1, 2, 2 ** 20]) {
      assert.equal(meaning({ abortSignalCapacity }, "abortSignalCapacity"), abortSignalCapacity);
    }
  });

  it("refuses numbers that are none, or out of range", () => {
    for (const abortSignalCapacity of notNumbers) {
      refuses(
        { abortSignalCapacity },
        TypeError,
        /^abortSignalCapacity must be a number, received/,
      );
    }
    for (const abortSignalCapacity of [0, -1, 1.5, NaN, Infinity, 2 ** 20 + 1]) {
      refuses(
        { abortSignalCapacity },
        RangeError,
        /^abortSignalCapacity must be a whole number from 1 to 1048576, received/,
      );
    }
  });
});

describe("priorityAgeingMs", () => {
  it("is a second by default, and any whole number from 1 on", () => {
    assert.equal(meaning({}, "priorityAgeingMs"), 1000);
    for (const priorityAgeingMs of [1, 1e9]) {
      assert.equal(meaning({ priorityAgeingMs }, "priorityAgeingMs"), priorityAgeingMs);
    }
    for (const priorityAgeingMs of notNumbers) {
      refuses({ priorityAgeingMs }, TypeError, /^priorityAgeingMs must be a number, received/);
    }
    for (const priorityAgeingMs of [0, -1, 1.5, NaN, Infinity]) {
      refuses({ priorityAgeingMs }, RangeError, /^priorityAgeingMs must be a whole number from 1 /);
    }
  });
});

describe("host", () => {
  const byDefault = { stallFreeLoops: 128, maxBackoffMs: Infinity, dispatcher: "serial-channel" };

  it("has defaults", () => {
    for (const options of [{}, { host: {} }]) {
      assert.deepEqual(meaning(options, "host"), byDefault);
    }
  });

  it("takes whole loops, milliseconds, and the name of a dispatcher", () => {
    const host = { stallFreeLoops: 2.9, maxBackoffMs: 0.5, dispatcher: "per-thread" };
    assert.deepEqual(meaning({ host }, "host"), { ...host, stallFreeLoops: 2 });
    const least = { stallFreeLoops: 0, maxBackoffMs: 0 };
    assert.deepEqual(meaning({ host: least }, "host"), { ...byDefault, ...least });
  });

  it("has an old name, dispatcher", () => {
    const dispatcher = { maxBackoffMs: 5 };
    assert.deepEqual(meaning({ dispatcher }, "host"), { ...byDefault, maxBackoffMs: 5 });
    refuses({ dispatcher: { loops: 1 } }, TypeError, /^dispatcher cannot have "loops"/);
    refuses({ dispatcher: "per-thread" }, TypeError, /^dispatcher must be an object/);
    refuses(
      { dispatcher, host: {} },
      TypeError,
      /^dispatcher is an old name of host: only one may be given$/,
    );
  });

  it("has its dispatcher from the environment if it is not given", () => {
    const dispatcher = (host?: object): unknown => meaning(host ? { host } : {}, "host").dispatcher;
    const before = process.env.KNITTING_DISPATCHER;
    try {
      process.env.KNITTING_DISPATCHER = "per-thread";
      assert.equal(dispatcher(), "per-thread");
      assert.equal(dispatcher({ dispatcher: "serial-channel" }), "serial-channel");
      process.env.KNITTING_DISPATCHER = "parallel";
      assert.equal(dispatcher(), "serial-channel");
    } finally {
      if (before === undefined) delete process.env.KNITTING_DISPATCHER;
      else process.env.KNITTING_DISPATCHER = before;
    }
  });

  it("refuses what is not an object, and what it does not have", () => {
    for (const host of notObjects) {
      refuses({ host }, TypeError, /^host must be an object, received/);
    }
    refuses({ host: { steal: true } }, TypeError, /^host cannot have "steal"/, /maxBackoffMs/);
    for (const dispatcher of ["parallel", null, 1]) {
      refuses(
        { host: { dispatcher } },
        TypeError,
        /^host\.dispatcher must be "per-thread" or "serial-channel", received/,
      );
    }
  });

  it("refuses numbers that are none, or out of range", () => {
    for (const name of ["stallFreeLoops", "maxBackoffMs"]) {
      for (const value of notNumbers) {
        refuses(
          { host: { [name]: value } },
          TypeError,
          new RegExp(`^host\\.${name} must be a number, received`),
        );
      }
      for (const value of [-1, NaN, -Infinity]) {
        refuses(
          { host: { [name]: value } },
          RangeError,
          new RegExp(`^host\\.${name} must be a number from 0 on, received`),
        );
      }
    }
  });
});

describe("an old name of an option", () => {
  const names = {
    payloadInitialBytes: "payloadInitialBytes",
    payloadMaxBytes: "payloadMaxByteLength",
    bufferMode: "mode",
    maxPayloadBytes: "maxPayloadBytes",
  };
  const values = {
    payloadInitialBytes: 1024,
    payloadMaxBytes: 1 << 20,
    bufferMode: "fixed",
    maxPayloadBytes: 1000,
  };

  it("means the same as the new one", async () => {
    for (const [old, name] of Object.entries(names)) {
      const value = values[old as keyof typeof values];
      const { regionBytes, usualBytes, maxPayloadBytes } = resolveOptions({
        payload: { [name]: value },
      });
      const resolved = resolveOptions({ [old]: value });
      assert.deepEqual(
        [resolved.regionBytes, resolved.usualBytes, resolved.maxPayloadBytes],
        [regionBytes, usualBytes, maxPayloadBytes],
      );
    }
    await withPool({ echo }, { maxPayloadBytes: 1000, bufferMode: "fixed" }, async ({ call }) => {
      assert.equal(await call.echo(1), 1);
      await errorWithCode(call.echo(new Uint8Array(1001)), "KNT_ERROR_3");
    });
  });

  it("goes together with new ones that say something else", () => {
    const { maxPayloadBytes, regionBytes } = resolveOptions({
      bufferMode: "fixed",
      payload: { payloadMaxByteLength: 8000 },
      maxPayloadBytes: 100,
    });
    assert.deepEqual([maxPayloadBytes, regionBytes], [100, 8000]);
    assert.equal(resolveOptions({ payloadInitialBytes: 8000 }).usualBytes, 8000);
  });

  it("contradicts the new one, even if both say the same", () => {
    for (const [old, name] of Object.entries(names)) {
      const value = values[old as keyof typeof values];
      refuses(
        { [old]: value, payload: { [name]: value } },
        TypeError,
        new RegExp(`^${old} is an old name of payload\\.${name}: only one may be given$`),
      );
    }
  });

  it("refuses the same values as the new one", () => {
    refuses({ bufferMode: "shrinking" }, TypeError, /^payload\.mode must be "growable" or "fixed"/);
    refuses({ maxPayloadBytes: 0 }, RangeError, /^payload\.maxPayloadBytes must be/);
    refuses({ payloadMaxBytes: 7 }, RangeError, /^payload\.payloadMaxByteLength must be/);
    refuses({ payloadInitialBytes: "1" }, TypeError, /^payload\.payloadInitialBytes must be/);
    for (const payload of [null, "fixed", []]) {
      refuses({ bufferMode: "fixed", payload }, TypeError, /^payload must be an object, received/);
    }
  });
});

describe("metrics, diagnostics and debug.trace", () => {
  const quiet = { stallMs: Infinity, publishes: false, stores: [], tracePath: undefined };

  it("are off by default, and any of them has calls measured", () => {
    for (const options of [{}, { metrics: false }, { diagnostics: false }, { debug: {} }]) {
      assert.equal(meaning(options, "measuring"), undefined);
    }
    for (const metrics of [true, {}]) assert.deepEqual(meaning({ metrics }, "measuring"), quiet);
    assert.deepEqual(meaning({ metrics: { stallMs: 1 } }, "measuring"), { ...quiet, stallMs: 1 });
    assert.deepEqual(meaning({ diagnostics: true }, "measuring"), { ...quiet, publishes: true });
    const debug = { trace: "file.json" };
    assert.deepEqual(meaning({ debug }, "measuring"), { ...quiet, tracePath: "file.json" });
    assert.equal(meaning({ debug }, "debug"), undefined);
  });

  it("refuse what they cannot be", () => {
    for (const metrics of [1, "on", null]) {
      refuses({ metrics }, TypeError, /^metrics must be a boolean or an object, received/);
    }
    refuses({ metrics: { stall: 1 } }, TypeError, /^metrics cannot have "stall"/, /stallMs/);
    refuses({ metrics: { stallMs: "1" } }, TypeError, /^metrics\.stallMs must be a number/);
    for (const stallMs of [0, -1, NaN]) {
      refuses({ metrics: { stallMs } }, RangeError, /^metrics\.stallMs must be a number from 1 on/);
    }
    refuses({ diagnostics: 1 }, TypeError, /^diagnostics must be/);
    refuses({ debug: { trace: true } }, TypeError, /^debug\.trace must be/);
    refuses({ debug: { traces: "x" } }, TypeError, /^debug cannot have "traces"/, /trace$/);
  });
});
