import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Waking } from "../../src/pool/waking.ts";

/** How long a look in vain takes. */
const LOOK_MS = 0.1;
/** After so many calls the slower way is tried again. */
const PERIOD = 256;

/**
 * A host and a worker that it wakes, with a clock of their own: a look takes a microsecond. The answer comes
 * after a time that depends on how it is waited for.
 */
function host(waking: Waking, answerMs: { readonly looking: number; readonly sleeping: number }) {
  let time = 1;
  return {
    /** One call; whether its answer was found by looking, how long the host looked, and how long all took. */
    call() {
      const { now } = performance;
      performance.now = () => time;
      try {
        const start = time;
        waking.begin();
        const found = waking.look(() => (time += 0.001) - start > answerMs.looking);
        const lookedMs = time - start;
        if (!found) time = Math.max(time, start + answerMs.sleeping);
        waking.answered();
        return { found, lookedMs, ms: time - start };
      } finally {
        performance.now = now;
      }
    },
  };
}

/** How many of so many calls the host looked for. */
function looksOf(calls: number, { call }: ReturnType<typeof host>): number {
  return Array.from({ length: calls }, call).filter(({ lookedMs }) => lookedMs > 0).length;
}

describe("a host that has woken a worker", () => {
  it("looks for the answer where that is the faster way, and tries the other one now and then", () => {
    const pool = host(new Waking(), { looking: 0.02, sleeping: 0.04 });
    looksOf(32, pool);
    const looks = looksOf(10 * PERIOD, pool);
    assert.ok(looks > 9 * PERIOD && looks < 10 * PERIOD, `${looks} of ${10 * PERIOD}`);
  });

  it("sleeps where that is the faster way, even if looking would find the answer", () => {
    const pool = host(new Waking(), { looking: 0.04, sleeping: 0.02 });
    looksOf(32, pool);
    const looks = looksOf(10 * PERIOD, pool);
    assert.ok(looks > 0 && looks < PERIOD, `${looks} of ${10 * PERIOD}`);
  });

  it("sleeps where looking finds nothing", () => {
    const pool = host(new Waking(), { looking: Infinity, sleeping: 0.02 });
    looksOf(32, pool);
    const looks = looksOf(10 * PERIOD, pool);
    assert.ok(looks > 0 && looks < PERIOD, `${looks} of ${10 * PERIOD}`);
  });

  it("sleeps where answers take so long that both ways are alike", () => {
    const pool = host(new Waking(), { looking: 10, sleeping: 10 });
    looksOf(32, pool);
    const looks = looksOf(10 * PERIOD, pool);
    assert.ok(looks > 0 && looks < PERIOD, `${looks} of ${10 * PERIOD}`);
  });

  it("changes its mind when things change", () => {
    const waking = new Waking();
    looksOf(10 * PERIOD, host(waking, { looking: 0.02, sleeping: 0.04 }));
    const pool = host(waking, { looking: 0.09, sleeping: 0.03 });
    looksOf(PERIOD, pool);
    assert.ok(looksOf(PERIOD, pool) < PERIOD / 4);
  });

  it("learns nothing from answers that take long", () => {
    const waking = new Waking();
    looksOf(2 * PERIOD, host(waking, { looking: 0.04, sleeping: 0.02 }));
    looksOf(3 * PERIOD, host(waking, { looking: 10, sleeping: 10 }));
    assert.ok(looksOf(PERIOD, host(waking, { looking: 0.04, sleeping: 0.02 })) < PERIOD / 8);
  });

  it("is not put off by an answer that takes long for once", () => {
    const waking = new Waking();
    const usual = host(waking, { looking: 0.02, sleeping: 0.06 });
    looksOf(2.5 * PERIOD, usual); // so that no trial is due
    host(waking, { looking: 500, sleeping: 500 }).call();
    assert.equal(usual.call().found, true);
  });

  it("looks for a tenth of a millisecond at most", () => {
    const { call } = host(new Waking(), { looking: Infinity, sleeping: 1 });
    const { found, lookedMs } = call();
    assert.equal(found, false);
    assert.ok(lookedMs >= LOOK_MS && lookedMs < LOOK_MS + 0.051, `${lookedMs} ms`);
  });

  it("goes on as it has begun until the answer is there", () => {
    const waking = new Waking();
    waking.begin();
    assert.equal(waking.look(() => true), true);
    for (let n = 0; n < 3 * PERIOD; n++) {
      waking.begin();
      assert.equal(waking.look(() => true), true, `${n} times later`);
    }
  });
});
