/**
 * One cell: opens the contenders, warms them up, and takes samples of all of them in turns.
 *
 * @module
 */

import {
  type Cell,
  type CellOptions,
  type Contender,
  Gap,
  type Group,
  type Measured,
} from "./question.ts";
import { takeSamples, warmUp, Window } from "./sampling.ts";
import { Samples, type Stats, statsOf } from "./stats.ts";

/** How much time to spend. */
export interface Budget {
  /** Rounds of every contender. */
  readonly rounds: number;
  /** Rounds of cells that are slow. */
  readonly slowRounds: number;
  /** Length of a round, and of the warm-up before the first. */
  readonly roundMs: number;
  /** What a cell may ask for is cut to this. */
  readonly mostRoundMs: number;
  /** Samples in a round at least. */
  readonly least: number;
  /** What a cell may ask for is cut to this. */
  readonly mostLeast: number;
}

/** For results. */
export const FULL: Budget = {
  rounds: 3,
  slowRounds: 3,
  roundMs: 200,
  mostRoundMs: Infinity,
  least: 3,
  mostLeast: Infinity,
};

/** For a look whether everything works. */
export const QUICK: Budget = {
  rounds: 3,
  slowRounds: 1,
  roundMs: 15,
  mostRoundMs: 15,
  least: 1,
  mostLeast: 1,
};

/** The result of one contender in one cell. */
export interface Outcome {
  readonly contender: string;
  /** See `Contender.isBound`. */
  readonly isBound: boolean;
  /** Batches in a row that one sample is the mean of. */
  readonly block: number;
  readonly stats: Stats | undefined;
  /** What went wrong, if there are no figures. */
  readonly error: string | undefined;
  /** Why there are no figures although nothing went wrong. */
  readonly gap: string | undefined;
}

/** Batches shorter than this are measured in blocks: reading the clock is not free. */
const SHORT_US = 3;
/** Batches in a block. */
export const BLOCK = 100;
/** A round, or getting ready, that takes longer than this hangs. */
const LIMIT_MS = 20_000;
const CLOSE_LIMIT_MS = 5_000;
/** A contender that hung so often is not tried again. */
const MOST_HANGS = 2;
/** One that takes so many times as long as the first is only there for scale: it gets less time. */
const FAR_BEHIND = 20;
const FAR_BEHIND_SHARE = 1 / 4;

interface Entrant {
  readonly contender: string;
  readonly isBound: boolean;
  measured: Measured | undefined;
  /** How long a batch takes when it is warm. */
  us: number;
  error: string | undefined;
  gap: string | undefined;
}

function isIn({ error, gap }: Entrant): boolean {
  return error === undefined && gap === undefined;
}

/** Measures the cells of one bench file. */
export class Meter {
  readonly #budget: Budget;
  readonly #onStep: (cell: string, contender: string) => void;
  readonly #hangs = new Map<string, number>();

  /** @param onStep called before anything that may hang */
  constructor(budget: Budget, onStep: (cell: string, contender: string) => void) {
    this.#budget = budget;
    this.#onStep = onStep;
  }

  /**
   * Measures a cell, every contender in the order of the group; and then, if it is asynchronous and
   * somebody is fast, once more in blocks.
   */
  async measure<O>(group: Group<O>, cell: Cell<O>): Promise<Outcome[][]> {
    collectGarbage();
    const entrants: Entrant[] = [];
    for (const contender of group.contenders) {
      entrants.push(await this.#enter(group, cell, contender));
    }
    const { roundMs } = this.#effort(cell);
    await this.#eachOf(group, cell, entrants, async (entrant, window) => {
      entrant.us = await warmUp(entrant.measured!, window, roundMs);
    });
    if (cell.sync) {
      return [await this.#takeRounds(group, cell, entrants, ({ us }) => us < SHORT_US ? BLOCK : 1)];
    }
    const alone = await this.#takeRounds(group, cell, entrants, () => 1);
    const isShort = cell.unit === undefined && !cell.slow &&
      alone.some(({ isBound, stats }) => !isBound && stats !== undefined && stats.p50 < SHORT_US);
    if (!isShort) return [alone];
    return [alone, await this.#takeRounds(group, cell, entrants, () => BLOCK)];
  }

  /** Closes whatever the group has open. */
  async close<O>(group: Group<O>): Promise<void> {
    for (const contender of group.contenders) await this.#close(group, contender);
  }

  async #enter<O>(group: Group<O>, cell: Cell<O>, contender: Contender<O>): Promise<Entrant> {
    const { name } = contender;
    const entrant: Entrant = {
      contender: name,
      isBound: contender.isBound ?? false,
      measured: undefined,
      us: Infinity,
      error: undefined,
      gap: undefined,
    };
    if ((this.#hangs.get(name) ?? 0) >= MOST_HANGS) {
      entrant.error = `not tried: hung ${MOST_HANGS} times before`;
      return entrant;
    }
    this.#onStep(cell.name, name);
    try {
      const ready = async () => cell.prepare(await group.open(contender));
      entrant.measured = await withinLimit(ready(), LIMIT_MS);
    } catch (error) {
      await this.#fail(group, contender, entrant, error);
    }
    return entrant;
  }

  async #takeRounds<O>(
    group: Group<O>,
    cell: Cell<O>,
    entrants: readonly Entrant[],
    blockOf: (entrant: Entrant) => number,
  ): Promise<Outcome[]> {
    const { rounds, roundMs, least } = this.#effort(cell);
    const taken = entrants.map((): Samples[] => []);
    const far = FAR_BEHIND * entrants[0]!.us;
    for (let round = 0; round < rounds; round++) {
      await this.#eachOf(group, cell, entrants, async (entrant, window, index) => {
        const samples = new Samples();
        if (entrant.us > far) window.until(roundMs * FAR_BEHIND_SHARE, 1);
        else window.until(roundMs, least);
        await takeSamples(entrant.measured!, blockOf(entrant), samples, window);
        taken[index]!.push(samples);
      });
    }
    return entrants.map((entrant, index) => ({
      contender: entrant.contender,
      isBound: entrant.isBound,
      block: blockOf(entrant),
      stats: isIn(entrant) ? statsOf(taken[index]!) : undefined,
      error: entrant.error,
      gap: entrant.gap,
    }));
  }

  /** Runs one step of each contender that is still in, one after the other, each within the limit. */
  async #eachOf<O>(
    group: Group<O>,
    cell: Cell<O>,
    entrants: readonly Entrant[],
    step: (entrant: Entrant, window: Window, index: number) => Promise<void>,
  ): Promise<void> {
    for (const [index, entrant] of entrants.entries()) {
      if (!isIn(entrant)) continue;
      this.#onStep(cell.name, entrant.contender);
      const window = new Window();
      try {
        await withinLimit(step(entrant, window, index), LIMIT_MS);
      } catch (error) {
        window.close();
        await this.#fail(group, group.contenders[index]!, entrant, error);
      }
    }
  }

  #effort(cell: CellOptions): { rounds: number; roundMs: number; least: number } {
    const budget = this.#budget;
    return {
      rounds: cell.slow ? budget.slowRounds : budget.rounds,
      roundMs: Math.min(cell.roundMs ?? budget.roundMs, budget.mostRoundMs),
      least: Math.min(cell.least ?? budget.least, budget.mostLeast),
    };
  }

  async #fail<O>(
    group: Group<O>,
    contender: Contender<O>,
    entrant: Entrant,
    error: unknown,
  ): Promise<void> {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof Gap) entrant.gap = why;
    else entrant.error = why;
    if (error instanceof LimitError) {
      this.#hangs.set(contender.name, (this.#hangs.get(contender.name) ?? 0) + 1);
    }
    await this.#close(group, contender);
  }

  async #close<O>(group: Group<O>, contender: Contender<O>): Promise<void> {
    try {
      await withinLimit(group.close(contender), CLOSE_LIMIT_MS);
    } catch (error) {
      console.error(`${group.question}: ${contender.name} does not close: ${error}`);
    }
  }
}

class LimitError extends Error {}

/** Rejects if `promise` has not settled in time. */
async function withinLimit<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LimitError(`hangs: no end after ${ms / 1000} s`)), ms);
  });
  promise.catch(() => {}); // it may reject after nobody cares
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** As far as it can be asked for. */
export function collectGarbage(): void {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(sync: boolean): void } };
  if (gc !== undefined) gc();
  else Bun?.gc(true);
}
