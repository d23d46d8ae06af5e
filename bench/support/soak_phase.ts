/**
 * One phase of a soak: issues calls, checks every answer, and keeps the books.
 *
 * @module
 */

import { Histogram } from "./histogram.ts";
import { MemoryLog } from "./memory_log.ts";
import type { PhaseReport, SoakMessage } from "./soak_messages.ts";

/**
 * Calls that do not settle for so long never will. Looked for seldom: the timer itself wakes a
 * sleeping host, and would heal a lost wake-up before it counts.
 */
const NEVER_MS = 20_000;
const PROGRESS_MS = 1_000;
const MEMORY_SAMPLES = 200;
/** Troubles told in full; all are counted. */
const MOST_TOLD = 20;

/** Something to be done, once, that settles by itself. */
export interface SoakStep {
  /** For reports. */
  readonly name: string;
  start(): Promise<unknown>;
  /** Whether the result, or the reason, is as it should be. */
  isRight(answer: unknown, rejected: boolean): boolean;
}

/** Thrown when there is no point in going on. */
export class NeverSettledError extends Error {}

export class SoakPhase {
  readonly #name: string;
  readonly #total: number;
  readonly #lostMs: number;
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

  /** @param lostMs what takes longer was not woken up for */
  constructor(
    name: string,
    total: number,
    lostMs: number,
    say: (message: SoakMessage) => void,
  ) {
    this.#name = name;
    this.#total = total;
    this.#lostMs = lostMs;
    this.#say = say;
  }

  /** Calls still to be made. */
  get left(): number {
    return this.#total - this.#done;
  }

  /** Starts steps together and waits for all of them. */
  async run(steps: readonly SoakStep[]): Promise<void> {
    this.#issued = steps.length;
    this.#settled = 0;
    const start = this.#issuedAt = performance.now();
    const settled = steps.map((one) =>
      one.start().then(
        (value) => this.#settle(one, start, value, false),
        (reason) => this.#settle(one, start, reason, true),
      )
    );
    const never = new Promise<never>((_, reject) => this.#giveUp = reject);
    await Promise.race([Promise.all(settled), never]);
    this.#done += steps.length;
    this.#tell();
  }

  #settle(step: SoakStep, start: number, answer: unknown, rejected: boolean): void {
    this.#settled++;
    const ms = performance.now() - start;
    this.#latencies.add(ms * 1000);
    if (ms > this.#lostMs) {
      this.#lost++;
      this.#trouble(`a call of ${step.name} took ${ms.toFixed(0)} ms, with ${this.#others()}`);
    }
    if (!step.isRight(answer, rejected)) {
      this.#wrong++;
      this.#trouble(`a call of ${step.name} gave a wrong answer: ${String(answer).slice(0, 200)}`);
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
