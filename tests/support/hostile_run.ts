/**
 * Calls through a pool of two workers, one of which means harm; see `fixtures/hostile_worker.ts`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createPool, type Options } from "../../mod.ts";
import { answer, bytesOf, type HostilePlan } from "../fixtures/hostile_worker.ts";
import { fillPattern } from "./pattern.ts";
import { assertArrived } from "./same.ts";
import { inTime } from "./with_pool.ts";

/** How long it goes on once both workers are there. */
const RUN_MS = 1_200;
const START_MS = 30_000;
const MAX_CALLS = 500_000;
const OPEN = 48;
/** The host may be held up by other programs, but not by its worker. */
const MAX_PAUSE_MS = 2_000;

function valueOf(call: number): unknown {
  switch (call % 8) {
    case 0:
      return call;
    case 1:
      return `call ${call}`;
    case 2:
      return "é日".repeat(call % 3000);
    case 3:
      return { call, rows: [{ id: call, name: `row ${call}` }, null, true] };
    case 4:
      return { call, when: new Date(call), error: new RangeError(`call ${call}`) };
    case 5:
      return new Float64Array(call % 500).fill(call);
    case 6:
      return [BigInt(call) ** 9n, undefined, { call }];
    default: {
      const bytes = new Uint8Array(4 + (call * 977) % (call % 64 === 7 ? 400_000 : 20_000));
      fillPattern(bytes, call);
      return bytes;
    }
  }
}

/** Measures the longest time in which no timer of the host came due. */
function pulse(): { stop(): number } {
  let longest = 0;
  let last = performance.now();
  const beat = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(beat, 5);
  return {
    stop() {
      clearInterval(timer);
      beat();
      return longest;
    },
  };
}

/**
 * Fails if the host stops, if a call does not settle, or if what the honest worker ran is not answered right.
 *
 * @param share makes memory that all workers have
 */
export async function runHostile(
  seed: number,
  { worker, ...options }: Options,
  share: (bytes: number) => HostilePlan["ran"],
): Promise<void> {
  const plan: HostilePlan = {
    seed,
    ran: share(MAX_CALLS),
    lives: share(64),
  };
  const ran = bytesOf(plan.ran);
  const lives = bytesOf(plan.lives);
  const pool = createPool({
    ...options,
    threads: 2,
    permission: "unsafe", // to start a thread of its own
    source: "../fixtures/hostile_worker.ts",
    worker: {
      ...worker,
      bootstrap: { href: "../fixtures/hostile_worker.ts", name: "unleash", data: plan },
      hardTimeoutMs: 2_000,
      onHardTimeout: "replace",
    },
  })({ answer });
  const outcomes = { honest: 0, hostile: 0, wrong: 0, rejected: 0 };
  const heart = pulse();
  let end = performance.now() + START_MS;
  let areThere = false;
  let calls = 0;
  let reason: unknown;

  const callOnAndOn = async (): Promise<void> => {
    while (performance.now() < end && calls < MAX_CALLS) {
      if (!areThere && outcomes.honest > 0 && lives[0]! > 0) {
        areThere = true;
        end = performance.now() + RUN_MS;
      }
      const call = calls++;
      const sent = valueOf(call);
      let value: unknown;
      try {
        value = await pool.call.answer({ call, value: sent });
      } catch (error) {
        assert.equal(ran[call], 0, `an honest worker has run call ${call}: ${error}`);
        outcomes.rejected++;
        reason = error;
        continue;
      }
      if (ran[call] === 1) {
        outcomes.honest++;
        assertArrived(value, sent);
        continue;
      }
      outcomes.hostile++;
      try {
        assertArrived(value, sent);
      } catch {
        outcomes.wrong++;
      }
    }
  };
  try {
    await inTime("the calls", Promise.all(Array.from({ length: OPEN }, callOnAndOn)), 2 * START_MS);
    console.log(
      `seed ${seed}: ${JSON.stringify({ calls, lives: lives[0], ...outcomes })} ${reason}`,
    );
    assert.ok(outcomes.honest > 0, "the honest worker has run nothing");
    assert.ok(lives[0]! > 0, "the hostile worker has not started");
  } finally {
    const longest = heart.stop();
    await inTime("shutdown", pool.shutdown());
    assert.ok(longest < MAX_PAUSE_MS, `no timer came due for ${longest.toFixed()} ms`);
  }
}
