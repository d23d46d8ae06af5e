/**
 * Runs random calls on a pool, and looks at what became of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createPool, Envelope, type EnvelopeHeader, type Options } from "../../mod.ts";
import * as tasks from "../fixtures/chaos_tasks.ts";
import { type Circumstances, endlessStep, mayBe, type Step, type Tokens } from "./chaos_steps.ts";
import { inTime } from "./with_pool.ts";

/** Calls that one pool can count. */
const MOST_CALLS = 100_000;
/** Every call has settled by then, also on a machine that is busy with other things. */
const LIMIT_MS = 20_000;
const DEATHS = ["KNT_ERROR_WORKER_CRASHED", "KNT_ERROR_WORKER_EXITED", "KNT_ERROR_HARD_TIMEOUT"];

const { LATE: _, ...definitions } = tasks;

/** Calls back after so many milliseconds: -1 at once, 0 in a microtask. */
function after(ms: number, action: () => void): void {
  if (ms < 0) action();
  else if (ms === 0) Promise.resolve().then(action);
  else setTimeout(action, ms);
}

/** A pool, and what may happen to it. */
export class ChaosPool {
  readonly #pool;
  readonly #options: Options;
  readonly #runs = new SharedArrayBuffer(4 * MOST_CALLS);
  #calls = 0;
  #deaths = false;
  #closing: Circumstances["closing"] = "no";

  constructor(options: Options) {
    this.#options = options;
    this.#pool = createPool(options)(definitions);
  }

  get #circumstances(): Circumstances {
    return {
      inline: this.#options.inliner !== undefined,
      hardTimeout: this.#options.worker?.hardTimeoutMs !== undefined,
      deaths: this.#deaths,
      closing: this.#closing,
    };
  }

  /** Makes calls, waits until all have settled, and asserts that each may have settled as it did. */
  async run(steps: readonly Step[]): Promise<void> {
    this.#deaths ||= steps.some(({ act }) => act === "crash" || act === "crashLater");
    const open = new Set(steps);
    const settled = Promise.all(steps.map(async (step) => {
      const tokens = this.#tokens(step);
      const [outcome] = await Promise.allSettled([this.#make(step, tokens)]);
      open.delete(step);
      return { step, tokens, outcome };
    }));
    const ends = await inTime("every call", settled, LIMIT_MS).catch((error) => {
      const which = [...open].map((step) => JSON.stringify(step)).join("\n");
      const options = JSON.stringify(this.#options);
      throw new Error(`${error.message}; these have not settled:\n${which}\nof ${options}`);
    });
    for (const { step, tokens, outcome } of ends) {
      const isRight = mayBe(step, outcome, tokens, this.#circumstances);
      assert.ok(isRight, `${JSON.stringify(step)} settled as ${describeOutcome(outcome)}`);
    }
    this.checkRuns();
  }

  /** No call has run twice, even if nobody waited for it any more. */
  checkRuns(): void {
    const runs = new Int32Array(this.#runs);
    const twice = runs.findIndex((count) => count > 1);
    assert.equal(twice, -1, `call ${twice} has run ${runs[twice]} times`);
  }

  #tokens({ length }: Step): Tokens {
    const id = this.#calls++;
    return {
      id,
      text: `${id} `.padEnd(length, "text "),
      argumentReason: { argumentOf: id },
      rejectReason: { rejected: id },
      signalReason: { aborted: id },
    };
  }

  #make(step: Step, tokens: Tokens): Promise<unknown> {
    return new Promise((resolve, reject) => {
      after(step.at, () => this.#call(step, tokens).then(resolve, reject));
    });
  }

  #call(step: Step, tokens: Tokens): Promise<unknown> {
    const call = this.#pool.call[step.task] as (argument: unknown, options?: object) =>
      & Promise<unknown>
      & { reject?: (reason?: unknown) => void };
    const argument = this.#argument(step, tokens);
    const controller = new AbortController();
    const abort = (): void => controller.abort(tokens.signalReason);
    if (step.signal === "aborted") abort();
    const { order } = step;
    const promise = step.signal === "no" && Object.keys(order).length === 0
      ? call(argument)
      : call(argument, step.signal === "no" ? order : { ...order, signal: controller.signal });
    if (step.signal === "later") after(step.signalAt, abort);
    if (step.reject === "ask") after(step.rejectAt, () => promise.reject!());
    if (step.reject === "reason") {
      after(step.rejectAt, () => promise.reject!(tokens.rejectReason));
    }
    return promise;
  }

  #argument({ act, ms, argument }: Step, { id, text, argumentReason }: Tokens): unknown {
    const header = argument === "unencodable"
      ? { id, act, ms, text, more: new Map() }
      : { id, act, ms, text };
    const envelope = new Envelope(header as unknown as EnvelopeHeader, this.#runs);
    switch (argument) {
      case "later":
        return new Promise((resolve) => after(ms, () => resolve(envelope)));
      case "rejects":
        return new Promise((_, reject) => after(ms, () => reject(argumentReason)));
      case "never":
        return new Promise(() => {});
      default:
        return envelope;
    }
  }

  /** Asserts that all workers work: as many calls meet in them as there are workers. */
  async checkLanes(): Promise<void> {
    const lanes = this.#options.threads ?? this.#options.maxThreads!;
    const { meet } = this.#pool.call as unknown as {
      readonly meet: (argument: unknown) => Promise<boolean>;
    };
    let met: readonly unknown[] = [];
    // Workers may still be about to die of what was done to them.
    for (
      let tries = 0;
      tries < 20 && !met.every((there) => there === true) || tries === 0;
      tries++
    ) {
      const count = new SharedArrayBuffer(4);
      const meeting = Array.from(
        { length: lanes },
        () =>
          meet(new Envelope({ lanes }, count))
            .catch(({ code }) => code),
      );
      met = await inTime("the meeting of all lanes", Promise.all(meeting), LIMIT_MS);
      for (const there of met) {
        assert.ok(there === true || DEATHS.includes(there as string), `${there}`);
      }
    }
    assert.ok(met.every((there) => there === true), `${met}`);
  }

  /** Asserts that no number of an abort-aware call was lost: soon there are as many as there may be. */
  async checkNumbers(): Promise<void> {
    const { abortSignalCapacity } = this.#options;
    const step: Step = { ...endlessStep, task: "abortable", act: "value" };
    const end = performance.now() + LIMIT_MS;
    for (;;) {
      const calls = Array.from({ length: abortSignalCapacity! }, () => {
        const tokens = this.#tokens(step);
        return this.#call(step, tokens).then((value) => value === tokens.id, ({ code }) => code);
      });
      const outcomes = await inTime("as many calls as there may be", Promise.all(calls), LIMIT_MS);
      if (outcomes.every((outcome) => outcome === true)) return;
      const others = outcomes.filter((outcome) =>
        outcome !== true && outcome !== "KNT_ERROR_ABORT_CAPACITY" && !DEATHS.includes(outcome)
      );
      assert.deepEqual(others, []);
      assert.ok(performance.now() < end, `${outcomes}`);
      // Refusals settle in microtasks: without a turn of the event loop the reply that gives a number
      // back would never be taken.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Shuts down; calls that are made, or have not settled, may reject because of that. */
  async shutdown(delayMs?: number): Promise<void> {
    this.mayClose();
    await inTime("shutdown", this.#pool.shutdown(delayMs), LIMIT_MS);
    this.checkRuns();
  }

  /** It is shut down, or will be by something else. */
  mayClose(): void {
    const { resolveAfterFinishingAll } = this.#options.worker ?? {};
    this.#closing = resolveAfterFinishingAll === true ? "finishing" : "at once";
  }
}

function describeOutcome(outcome: PromiseSettledResult<unknown>): string {
  if (outcome.status === "fulfilled") return `value ${show(outcome.value)}`;
  const { reason } = outcome;
  if (!(reason instanceof Error)) return `reason ${show(reason)}`;
  return `${(reason as { code?: unknown }).code ?? ""} ${reason.stack}`;
}

function show(value: unknown): string {
  return String(typeof value === "object" ? JSON.stringify(value) : value).slice(0, 200);
}
