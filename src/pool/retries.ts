/**
 * Calls that are made again when their worker died before it answered them, because their tasks say that
 * this does no harm.
 *
 * Only a death is a reason: what a task throws is its answer, and a worker that was ended by the hard
 * limit would most likely be ended again. What may settle a call early (its time limits, its caller) goes
 * on as if nothing had happened, also while the call waits for its next attempt.
 *
 * @module
 */

import { later } from "../runtime/threads.ts";
import { isStillOpen, type PendingCall } from "./pending_calls.ts";
import type { WorkerLane } from "./worker_lane.ts";

/**
 * Whether a call that `lane` had begun when its worker died is made again; then `submit` gives it to
 * another worker, now or later.
 */
export function isTriedAgain(
  entry: PendingCall,
  lane: WorkerLane,
  submit: (entry: PendingCall) => void,
): boolean {
  const { watch, generation } = entry;
  if (watch?.retry === undefined || watch.attempt >= watch.retry.attempts) return false;
  // Its time was up before the worker died; what was moved there is gone with it, and items are, too.
  if (watch.overdue || lane.wasKilled) return false;
  if (lane.hasMoved(entry) || watch.source !== undefined) return false;
  const waitMs = watch.retry.backoffMs * 2 ** (watch.attempt - 1);
  watch.attempt++;
  watch.promised = false;
  entry.lane = undefined;
  if (waitMs === 0) submit(entry);
  else {
    later(waitMs, () => {
      if (isStillOpen(entry, generation)) submit(entry);
    });
  }
  return true;
}

/** What there is to say of the attempts of a call that ended with the worker of `lane`. */
export function attemptsOf(entry: PendingCall, lane: WorkerLane): string {
  const { watch } = entry;
  if (watch?.retry === undefined) return "";
  const { attempt, retry } = watch;
  const count = `, attempt ${attempt} of ${retry.attempts}`;
  if (attempt >= retry.attempts) return count;
  if (lane.hasMoved(entry)) {
    return `${count}, the last because the argument was moved to the worker`;
  }
  if (watch.source !== undefined) {
    return `${count}, the last because the worker had asked for items of the argument`;
  }
  return lane.wasKilled ? `${count}, the last because a hard timeout ended the worker` : count; // not covered: only of calls beside the one that a hard timeout ended
}
