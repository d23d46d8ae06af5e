import assert from "node:assert/strict";
import { SharedState } from "./shared_state.ts";
import { until } from "./waiting.ts";

const MOST_TRIES = 20;

/**
 * A call with a time limit that its worker has begun, and what the two share. One whose time was up before
 * tells nothing of one that has begun: on a busy machine a worker can stand still for longer than limits in
 * tests are. Then another one is made.
 *
 * @param make makes the call, whose task counts itself as started
 */
export async function begun<P extends Promise<unknown>>(
  make: (state: SharedState) => P,
): Promise<{ state: SharedState; call: P }> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const state = new SharedState();
    const call = make(state);
    let isOver = false;
    const end = (): void => void (isOver = true);
    call.then(end, end);
    await until("it runs, or is over", () => state.started > 0 || isOver);
    if (state.started > 0) return { state, call };
  }
  assert.fail(`none of ${MOST_TRIES} calls has begun in time`);
}
