import type { AtomicOps } from "../../src/transport/atomic.ts";
import { Doorbell, ITEMS, ring } from "../../src/transport/doorbell.ts";

/** The two bells, on cache lines of their own, and what each side has done so far. */
export const BELLS = { asker: 0, answerer: 16, asked: 32, answered: 48 };
/** A wake-up that takes longer is lost. */
const LOST_MS = 5_000;

/** Sleeps until the word at `index` is `value`; false if nobody rings although it is. */
async function sleepUntil(
  words: Int32Array,
  index: number,
  value: number,
  bell: Doorbell,
  atomic: AtomicOps,
): Promise<boolean> {
  const start = performance.now();
  while (atomic.load(words, index) !== value) {
    bell.arm(ITEMS);
    if (atomic.load(words, index) !== value) await bell.wait(ITEMS, LOST_MS);
    bell.disarm();
    if (performance.now() - start >= LOST_MS) return false;
  }
  return true;
}

/** A gap of random length, so that rings come before, while and after the other side falls asleep. */
function gap(): void {
  const end = performance.now() + Math.random() * Math.random() * 0.1;
  while (performance.now() < end);
}

/** Answers each of `rounds` questions; how many wake-ups were lost. */
export async function answerRings(
  words: Int32Array,
  atomic: AtomicOps,
  rounds: number,
): Promise<number> {
  const bell = new Doorbell(words, BELLS.answerer, atomic);
  for (let round = 1; round <= rounds; round++) {
    if (!await sleepUntil(words, BELLS.asked, round, bell, atomic)) return rounds - round + 1;
    gap();
    atomic.store(words, BELLS.answered, round);
    ring(words, BELLS.asker, ITEMS, atomic);
  }
  return 0;
}

/** Asks `rounds` times, each time when the last answer is there; how many wake-ups were lost. */
export async function askByRings(
  words: Int32Array,
  atomic: AtomicOps,
  rounds: number,
): Promise<number> {
  const bell = new Doorbell(words, BELLS.asker, atomic);
  for (let round = 1; round <= rounds; round++) {
    gap();
    atomic.store(words, BELLS.asked, round);
    ring(words, BELLS.answerer, ITEMS, atomic);
    if (!await sleepUntil(words, BELLS.answered, round, bell, atomic)) return rounds - round + 1;
  }
  return 0;
}
