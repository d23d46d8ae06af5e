/**
 * One phase of a soak: issues calls, checks every answer, and keeps the books.
 *
 * @module
 */

import { Histogram } from "./histogram.ts";
import { MemoryLog } from "./memory_log.ts";
import type { SoakCall } from "./soak_calls.ts";
import type { PhaseReport, SoakMessage } from "./soak_messages.ts";
import type { Subject } from "./subject.ts";

/** A call that takes longer was not woken up for. */
const LOST_MS = 2_000;
/**
 * Calls that do not settle for so long never will. Looked for seldom: the timer itself wakes a
 * sleeping host, and would heal a lost wake-up before it counts.
 */
const NEVER_MS = 20_000;
const PROGRESS_MS = 1_000;
const MEMORY_SAMPLES = 200;
/** Troubles told in full; all are counted. */
const MOST_TOLD = 20;

/** Thrown when there is no point in going on. */
export class NeverSettledError extends Error {}

export class SoakPhase {
  readonly #name: string;
  readonly #total: number;
  readonly #say: (message: SoakMessage) => void;
  readonly #latencies = new Histogram();
  readonly #memory = new MemoryLog();
  readonly #start = performance.now();
  readonly #watch = setInterval(() => this.#lookForHangs(), NEVER_MS);
  /** Calls issued together, of which some have not settled. */
  #issued = 0;
  #settled = 0;
  #issuedAt = 0;
  #giveUp: (reason: Error) => void = () => {};
  #nextProgress = 0;
  #nextMemory = 0;
  #told = 0;
  #done = 0;
  #wrong = 0;
  #lost = 0;

  constructor(name: string, total: number, say: (message: SoakMessage) => void) {
    this.#name = name;
    this.#total = total;
    this.#say = say;
  }

  /** Calls still to be made. */
  get left(): number {
    return this.#total - this.#done;
  }

  /** Issues calls together and waits for all of them. */
  async run(subject: Subject, calls: readonly SoakCall[]): Promise<void> {
    this.#issued = calls.length;
    this.#settled = 0;
    const start = this.#issuedAt = performance.now();
    const settled = calls.map((one) =>
      subject.call(one.name)(one.argument).then(
        (value) => this.#settle(one, start, value, false),
        (reason) => this.#settle(one, start, reason, true),
      )
    );
    const never = new Promise<never>((_, reject) => this.#giveUp = reject);
    await Promise.race([Promise.all(settled), never]);
    this.#done += calls.length;
    this.#tell();
  }

  #settle(call: SoakCall, start: number, answer: unknown, rejected: boolean): void {
    this.#settled++;
    const ms = performance.now() - start;
    this.#latencies.add(ms * 1000);
    if (ms > LOST_MS) {
      this.#lost++;
      this.#trouble(`a call of ${call.name} took ${ms.toFixed(0)} ms, with ${this.#others()}`);
    }
    if (rejected !== call.rejects || !call.isRight(answer)) {
      this.#wrong++;
      this.#trouble(`a call of ${call.name} gave a wrong answer: ${String(answer).slice(0, 200)}`);
    }
  }

  #lookForHangs(): void {
    if (this.#settled === this.#issued || performance.now() - this.#issuedAt < NEVER_MS) return;
    const missing = this.#issued - this.#settled;
    this.#lost += missing;
    this.#trouble(`${missing} of ${this.#issued} calls never settled`);
    this.#giveUp(new NeverSettledError(`${this.#name}: calls never settled`));
  }

  #others(): string {
    return `${this.#issued - 1} others, after ${this.#done} calls`;
  }

  #trouble(what: string): void {
    if (this.#told++ < MOST_TOLD) this.#say({ kind: "trouble", text: `${this.#name}: ${what}` });
  }

  #tell(): void {
    if (this.#done >= this.#nextMemory) {
      this.#nextMemory = this.#done + this.#total / MEMORY_SAMPLES;
      this.#memory.sample();
    }
    const now = performance.now();
    if (now < this.#nextProgress) return;
    this.#nextProgress = now + PROGRESS_MS;
    this.#say({ kind: "progress", phase: this.#name, done: this.#done, of: this.#total });
  }

  /** Ends the phase and says what it found. */
  end(): void {
    clearInterval(this.#watch);
    const report: PhaseReport = {
      phase: this.#name,
      calls: this.#done,
      seconds: (performance.now() - this.#start) / 1000,
      wrong: this.#wrong,
      lost: this.#lost,
      p50: this.#latencies.percentile(0.5),
      p99: this.#latencies.percentile(0.99),
      slowest: this.#latencies.max,
      memory: this.#memory.trend(),
    };
    this.#say({ kind: "phase", report });
  }
}
