/**
 * What the self-test tries with each kind of workers: that values come back as they were, and that
 * everything comes to an end.
 *
 * @module
 */

import { KnittingError } from "../../mod.ts";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { utilities } from "../runtime/builtins.ts";
import type { CheckResult } from "./report.ts";
import type { TestPool } from "./self_test.ts";
import { LIMIT_MS } from "./tasks.ts";
import { DoctorError, troubleOf } from "./troubles.ts";

/** Something to try. */
interface Check {
  readonly name: string;
  /** Whether it needs memory that processes share. */
  readonly shares?: true;
  run(pool: TestPool): Promise<void>;
}

/** More than a worker may take to answer, and to be replaced. */
const MOST_MS = 5_000;

const MANY = 500;
const LARGE = 1 << 20;
const LARGE_CALLS = 4;

const NUMBERS = [
  0,
  -0,
  1.5,
  -1,
  2 ** 53,
  NaN,
  Infinity,
  -Infinity,
  2n ** 70n,
  -1n,
  true,
  false,
  null,
  undefined,
];
const TEXTS = ["", "a", "straße", "日本語", "🧶 wool", "\ud800 alone", "x\0y", "ä".repeat(5_000)];

const CHECKS: readonly Check[] = [
  {
    name: "numbers",
    async run({ call }) {
      for (const value of NUMBERS) expect(await call.echo(value), value);
      const many = Array.from({ length: MANY }, (_, i) => i);
      expect(await Promise.all(many.map((i) => call.echo(i))), many);
    },
  },
  {
    name: "text",
    async run({ call }) {
      for (const text of TEXTS) expect(await call.echo(text), text);
    },
  },
  {
    name: "objects",
    async run({ call }) {
      const value = {
        list: [1, "two", [3n, undefined]],
        when: new Date(0),
        bytes: new Uint8Array([1, 2, 3]),
        nested: { nothing: null, negative: -0 },
      };
      expect(await call.echo(value), value);
    },
  },
  {
    name: "bytes",
    async run({ call }) {
      for (const length of [0, 1, 47, 48, 49, 4_096, 100_003]) {
        const bytes = pattern(length, length);
        expectBytes(await call.echo(bytes), bytes);
      }
      const floats = new Float64Array([Math.PI, NaN, -0]);
      expect(await call.echo(floats), floats);
    },
  },
  {
    name: "large payloads",
    async run({ call }) {
      const text = "large ".repeat(LARGE / 8);
      expect(await call.echo(text) === text, true);
      const sent = Array.from({ length: LARGE_CALLS }, (_, i) => pattern(LARGE, i));
      const came = await Promise.all(sent.map((bytes) => call.echo(bytes)));
      came.forEach((bytes, i) => expectBytes(bytes, sent[i]!));
    },
  },
  {
    name: "errors",
    async run({ call }) {
      const error = await rejectionOf(call.fails());
      expect(error instanceof RangeError && error.message, "thrown on purpose");
      const { cause } = error as Error;
      expect(cause instanceof TypeError && cause.message, "behind it");
    },
  },
  {
    name: "time limits",
    async run({ call }) {
      const error = await rejectionOf(call.never());
      expect(codeOf(error), "KNT_ERROR_TIMEOUT", `a call of at most ${LIMIT_MS} ms`);
    },
  },
  {
    name: "aborts",
    async run({ call }) {
      const before = await call.abortsSeen();
      const controller = new AbortController();
      const pending = call.untilAborted(undefined, { signal: controller.signal });
      await call.echo(0); // the call before it has begun by then
      const reason = new Error("given up on purpose");
      controller.abort(reason);
      expect(await rejectionOf(pending) === reason, true);
      expect(await call.abortsSeen() - before, 1);
    },
  },
  {
    name: "shared memory",
    shares: true,
    async run({ call }) {
      const shared = ProcessSharedBuffer.create(64);
      try {
        const word = shared.view(Int32Array);
        Atomics.store(word, 0, 41);
        expect(await call.increment(shared), 41);
        expect(Atomics.load(word, 0), 42);
      } finally {
        shared.close();
      }
    },
  },
  {
    name: "a worker's death",
    async run({ call }) {
      const error = await rejectionOf(call.dies());
      expect(codeOf(error), "KNT_ERROR_WORKER_CRASHED");
      expect(await call.echo("the next one"), "the next one");
    },
  },
];

/**
 * Tries everything, one after the other, until a worker does not answer.
 *
 * @param shares whether memory that processes share is to be had
 */
export async function runChecks(pool: TestPool, shares: boolean): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, run } of CHECKS.filter(({ shares: needs }) => shares || needs !== true)) {
    try {
      await within(run(pool), MOST_MS, `"${name}"`);
      results.push({ name, ok: true, trouble: null });
    } catch (error) {
      const trouble = troubleOf(error);
      results.push({ name, ok: false, trouble });
      if (trouble.code === "KNT_DOCTOR_LATE") break; // not covered: only if a worker never answers, which takes seconds
    }
  }
  return results;
}

/** What a promise gives, if it does in time. */
export function within<T>(promise: Promise<T>, mostMs: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new DoctorError("KNT_DOCTOR_LATE", `${what} did not end within ${mostMs / 1000} s`));
    }, mostMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function expect(received: unknown, expected: unknown, what = "a result"): void {
  const { inspect, isDeepStrictEqual } = utilities();
  if (isDeepStrictEqual(received, expected)) return;
  const short = (value: unknown): string => inspect(value, { breakLength: Infinity }).slice(0, 80);
  throw new DoctorError(
    "KNT_DOCTOR_WRONG",
    `${what}: expected ${short(expected)}, received ${short(received)}`,
  );
}

function expectBytes(received: unknown, expected: Uint8Array): void {
  if (!(received instanceof Uint8Array)) return expect(received, expected);
  expect(received.length, expected.length, "length of bytes");
  for (let i = 0; i < expected.length; i++) {
    if (received[i] !== expected[i]) {
      expect(received[i], expected[i], `byte ${i} of ${expected.length}`);
    }
  }
}

/** Bytes that differ from those of another start. */
function pattern(length: number, start: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0, value = start; i < length; i++) {
    bytes[i] = value = (value * 31 + 7) & 0xff;
  }
  return bytes;
}

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new DoctorError("KNT_DOCTOR_WRONG", "a call that had to reject did not");
}

function codeOf(error: unknown): string {
  return error instanceof KnittingError ? error.code : String(error);
}
