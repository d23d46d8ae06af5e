import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { resolveOptions } from "../../src/api/resolve_options.ts";
import { echo, square } from "../fixtures/basic_tasks.ts";
import { errorWithCode } from "../support/waiting.ts";
import { refuses } from "../support/refuses.ts";
import { withPool } from "../support/with_pool.ts";

const MiB = 1024 * 1024;

describe("createPool options", () => {
  it("refuses options that are not an object", () => {
    refuses(undefined, TypeError, /must be an object, received undefined/);
    refuses(null, TypeError, /must be an object, received null/);
    refuses(2, TypeError, /must be an object, received 2/);
    refuses("threads", TypeError, /must be an object, received "threads"/);
    refuses([], TypeError, /must be an object, received an array/);
  });

  it("refuses options that do not exist, and names those that do", () => {
    refuses({ thread: 2 }, TypeError, /"thread"/, /threads/, /payload/, /debug/, /source/);
    refuses({ payload: { size: 1 } }, TypeError, /payload/, /"size"/, /payloadMaxByteLength/);
    refuses({ debug: { hosts: true } }, TypeError, /debug/, /"hosts"/, /host, imports/);
  });

  it("refuses a number of threads that is out of range", () => {
    for (const threads of [-1, 0, 1.5, NaN, Infinity, -Infinity, 1e9]) {
      refuses({ threads }, RangeError, /^threads must be/, new RegExp(`received ${threads}$`));
    }
  });

  it("refuses a number of threads that is not a number", () => {
    refuses({ threads: "2" }, TypeError, /^threads must be a number, received "2"$/);
    refuses({ threads: null }, TypeError, /^threads must be a number, received null$/);
    refuses({ threads: 2n }, TypeError, /^threads must be a number, received 2n$/);
    refuses({ threads: {} }, TypeError, /^threads must be a number, received an object$/);
    refuses({ threads: true }, TypeError, /^threads must be a number, received true$/);
  });

  it("refuses a payload that is not an object", () => {
    for (const payload of [null, 1, "growable", [], true]) {
      refuses({ payload }, TypeError, /^payload must be an object, received/);
    }
  });

  it("refuses a payload mode that does not exist", () => {
    for (const mode of ["shrinking", "", null, 1, true]) {
      refuses(
        { payload: { mode } },
        TypeError,
        /^payload\.mode must be "growable" or "fixed", received/,
      );
    }
  });

  it("refuses payload limits of the wrong type", () => {
    for (const name of ["payloadInitialBytes", "payloadMaxByteLength", "maxPayloadBytes"]) {
      for (const value of ["64", null, 64n, {}, []]) {
        refuses(
          { payload: { [name]: value } },
          TypeError,
          new RegExp(`^payload\\.${name} must be`),
        );
      }
    }
  });

  it("refuses payload limits that are out of range", () => {
    for (const name of ["payloadInitialBytes", "payloadMaxByteLength", "maxPayloadBytes"]) {
      for (const value of [-1, 0, 1.5, NaN, Infinity, 2 ** 40]) {
        refuses(
          { payload: { [name]: value } },
          RangeError,
          new RegExp(`^payload\\.${name} must be`),
          new RegExp(`received ${value}$`),
        );
      }
    }
  });

  it("refuses payload limits that contradict each other", () => {
    refuses(
      { payload: { payloadMaxByteLength: 7 } },
      RangeError,
      /^payload\.payloadMaxByteLength must be .*8 .*received 7$/,
    );
    refuses(
      { payload: { maxPayloadBytes: 8 * MiB + 1 } },
      RangeError,
      /^payload\.maxPayloadBytes must be .*8388608, received 8388609$/,
    );
    refuses(
      { payload: { payloadMaxByteLength: 800, maxPayloadBytes: 101 } },
      RangeError,
      /^payload\.maxPayloadBytes must be .*100, received 101$/,
    );
    refuses(
      { payload: { payloadMaxByteLength: MiB, payloadInitialBytes: MiB + 1 } },
      RangeError,
      /^payload\.payloadInitialBytes must be .*received 1048577$/,
    );
  });

  it("refuses debug values that are neither boolean nor an object of booleans", () => {
    for (const debug of ["host", 1, null, ["host"]]) {
      refuses({ debug }, TypeError, /^debug must be/);
    }
    for (const value of ["yes", 1, null]) {
      refuses({ debug: { host: value } }, TypeError, /^debug\.host must be a boolean, received/);
    }
  });

  it("refuses a source that is not a string", () => {
    for (const source of ["", 1, null, {}, true]) {
      refuses({ source }, TypeError, /^source must be a non-empty string, received/);
    }
  });

  it("takes one limit of an elastic pool alone", () => {
    assert.ok(resolveOptions({ minThreads: 2 }).threads >= 2);
    assert.equal(resolveOptions({ maxThreads: 3 }).threads, 3);
  });

  it("takes undefined for the default of every option", async () => {
    const options = {
      threads: undefined,
      payload: {
        mode: undefined,
        payloadInitialBytes: undefined,
        payloadMaxByteLength: undefined,
        maxPayloadBytes: undefined,
      },
      debug: undefined,
      source: undefined,
    } as unknown as Options;
    await withPool({ square }, options, async ({ call }) => assert.equal(await call.square(2), 4));
    const noPayload = { payload: undefined } as unknown as Options;
    await withPool(
      { square },
      noPayload,
      async ({ call }) => assert.equal(await call.square(2), 4),
    );
  });

  it("does not start anything for options that are refused", () => {
    // Otherwise this many pools of a thousand threads would be noticed.
    for (let i = 0; i < 100; i++) refuses({ threads: 1024, source: "" }, TypeError);
  });

  it("starts workers from another source, by a path relative to the module", async () => {
    const source = "../fixtures/worker_source.ts";
    await withPool(
      { square },
      { source },
      async ({ call }) => assert.equal(await call.square(3), 9),
    );
  });

  it("starts workers from another source, by its URL", async () => {
    const source = new URL("../fixtures/worker_source.ts", import.meta.url).href;
    await withPool(
      { square },
      { source },
      async ({ call }) => assert.equal(await call.square(3), 9),
    );
  });

  it("rejects calls if the source does not exist", async () => {
    await withPool({ square }, { source: "../fixtures/no_such_source.ts" }, async ({ call }) => {
      await errorWithCode(call.square(3), "KNT_ERROR_WORKER_STARTUP");
    });
  });
});

describe("payload limits", () => {
  it("let a payload of exactly maxPayloadBytes through and refuse one byte more", async () => {
    const payload = { maxPayloadBytes: 4096 };
    await withPool({ echo }, { payload }, async ({ call }) => {
      const full = await call.echo(new Uint8Array(4096).fill(7)) as Uint8Array;
      assert.equal(full.byteLength, 4096);
      const error = await errorWithCode(call.echo(new Uint8Array(4097)), "KNT_ERROR_3");
      assert.match(error.message, /Dynamic payload exceeds maxPayloadBytes\. limit=4096; actual=/);
      assert.equal(await call.echo(1), 1);
    });
  });

  it("never refuse 512 bytes", async () => {
    const payload = { payloadMaxByteLength: 8, maxPayloadBytes: 1 };
    for (const mode of ["fixed", "growable"] as const) {
      await withPool({ echo }, { payload: { ...payload, mode } }, async ({ call }) => {
        const bytes = await call.echo(new Uint8Array(512).fill(9)) as Uint8Array;
        assert.deepEqual([bytes.byteLength, bytes[511]], [512, 9]);
        await errorWithCode(call.echo(new Uint8Array(513)), "KNT_ERROR_3");
      });
    }
  });

  it("hold for results too, and the worker lives on", async () => {
    const payload = { maxPayloadBytes: 1000 };
    await withPool({ echo, repeat: (await import("../fixtures/fault_tasks.ts")).repeat }, {
      payload,
    }, async ({ call }) => {
      const error = await errorWithCode(call.repeat({ text: "x", count: 1001 }), "KNT_ERROR_3");
      assert.match(error.message, /maxPayloadBytes\. limit=1000; actual=1001/);
      assert.equal(await call.repeat({ text: "x", count: 1000 }), "x".repeat(1000));
    });
  });

  it("let payloads of 8 MiB through by default, and no more", async () => {
    await withPool({ echo }, {}, async ({ call }) => {
      const bytes = await call.echo(new Uint8Array(8 * MiB).fill(3)) as Uint8Array;
      assert.deepEqual([bytes.byteLength, bytes[8 * MiB - 1]], [8 * MiB, 3]);
      await errorWithCode(call.echo(new Uint8Array(8 * MiB + 1)), "KNT_ERROR_3");
    });
  });

  it("can be raised", async () => {
    const payload = { payloadMaxByteLength: 160 * MiB, maxPayloadBytes: 20 * MiB };
    await withPool({ echo }, { payload }, async ({ call }) => {
      const bytes = await call.echo(new Uint8Array(20 * MiB).fill(5)) as Uint8Array;
      assert.deepEqual([bytes.byteLength, bytes[20 * MiB - 1]], [20 * MiB, 5]);
    });
  });
});
