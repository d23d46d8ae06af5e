/**
 * What the host does after it has woken a worker: it looks for the answer, or it sleeps at once. To look
 * saves one of two wake-ups, where each side has a processor; then the calls that follow find both sides
 * awake. But a system may put a thread that is woken on the processor of who woke it, which is taken to be
 * about to sleep: then looking only keeps the worker from running. Which of them holds is learnt from how
 * long answers take either way.
 *
 * @module
 */

/** How long to look. To wake a thread of a processor that sleeps takes 5 to 100 us. */
const LOOK_MS = 0.1;
/** Answers that take longer say nothing about waking. */
const MOST_MS = 0.2;
const LOOKS_PER_CLOCK = 50;
/** Of so many times the slower way is tried the first few. */
const PERIOD = 256;
const TRIALS = 8;
/** Times in a row before the system has got used to it, and places threads as it then goes on to. */
const UNUSUAL = 4;
/** How much the last answer counts. */
const WEIGHT = 1 / 8;

/** Decides, and learns from the outcome. */
export class Waking {
  /** How long an answer takes by either way; 0 while unknown. */
  #lookingMs = 0;
  #sleepingMs = 0;
  #count = 0;
  /** How an answer is waited for now, since when, and how often in a row it was the same. */
  #looks = false;
  #waits = false;
  #sinceMs = 0;
  #inARow = 0;

  /** A worker is woken now, for a call that does not take long. */
  begin(): void {
    if (this.#waits) return;
    const isTrial = this.#count++ % PERIOD < TRIALS;
    const pays = this.#lookingMs < this.#sleepingMs;
    const looks = pays !== isTrial;
    this.#inARow = looks === this.#looks ? this.#inARow + 1 : 0;
    this.#looks = looks;
    this.#waits = true;
    this.#sinceMs = performance.now();
  }

  /** Looks for the answer, or does not; whether it was found. */
  look(found: () => boolean): boolean {
    if (!this.#waits || !this.#looks) return false;
    // What takes longer than sleeping is not worth being found.
    const end = this.#sinceMs + Math.min(LOOK_MS, this.#sleepingMs || LOOK_MS);
    do {
      for (let i = 0; i < LOOKS_PER_CLOCK; i++) if (found()) return true;
    } while (performance.now() < end);
    return false;
  }

  /** An answer has come, however it was waited for. */
  answered(): void {
    if (!this.#waits) return;
    this.#waits = false;
    const ms = performance.now() - this.#sinceMs;
    if (this.#inARow < UNUSUAL || ms > MOST_MS) return;
    if (this.#looks) this.#lookingMs = average(this.#lookingMs, ms);
    else this.#sleepingMs = average(this.#sleepingMs, ms);
  }
}

/** The running average, with one more. */
function average(usualMs: number, ms: number): number {
  return usualMs === 0 ? ms : usualMs + (ms - usualMs) * WEIGHT;
}
