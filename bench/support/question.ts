/**
 * What a benchmark measures, said once and run in two ways: by `deno bench`, which a bench file joins
 * as it defines its cells, and by `deno task bench`, which calls {@linkcode collect}.
 *
 * A question has groups, a group has contenders and cells. In every cell all contenders of the group
 * do the same thing; the first one is what the others are compared with.
 *
 * @module
 */

import { joinDenoBench } from "./deno_bench.ts";

/** Marks the stretch of a sample that counts. `deno bench` reads it; our own runner does not. */
export interface Clock {
  start(): void;
  end(): void;
}

/** What one round is to be. */
export interface Round {
  /** Its length. */
  readonly ms: number;
  /** Samples at least. */
  readonly least: number;
  /** Batches in a row that one sample is the mean of. */
  readonly block: number;
}

/**
 * How a cell takes samples: `batch` is timed from outside; `sample` measures by itself and returns
 * the value, in the unit of the cell; `round` does so for a whole round, in another program.
 */
export type Measured =
  | { readonly batch: () => unknown }
  | { readonly sample: (clock: Clock) => Promise<number> }
  | { readonly round: (round: Round) => Promise<Iterable<number>> };

/** Why a contender cannot be measured here, which is known and nobody's fault. Thrown by `open`. */
export class Gap extends Error {}

/** Something that can do what the cells ask for; `O` is what they get to work with. */
export interface Contender<O> {
  readonly name: string;
  /** Too slow, or too fragile, to be run without limits: `deno bench` leaves it out. */
  readonly runnerOnly?: boolean;
  /** Only there to show how low a figure can be: no loss for who is above it. */
  readonly isBound?: boolean;
  /** Makes it ready and checks that it answers right; it serves all cells of the group. */
  open(): O | Promise<O>;
  close?(opened: O): void | Promise<void>;
}

/** What is particular about a cell. */
export interface CellOptions {
  /** The best value there can be. */
  readonly ideal?: number;
  /** Unit of the values; microseconds if not given. */
  readonly unit?: string;
  /** Length of one round; the runner's default if not given. */
  readonly roundMs?: number;
  /** Samples in one round at least; the runner's default if not given. */
  readonly least?: number;
  /** Whether most of a sample is preparation that does not count: few samples must do. */
  readonly slow?: boolean;
  /** Whether nothing in it is asynchronous. */
  readonly sync?: boolean;
}

/** One line of the result: the same work for every contender. */
export interface Cell<O> extends CellOptions {
  readonly name: string;
  /** Throws if the contender's answers are wrong. Not asynchronous if the cell is not. */
  readonly prepare: (opened: O) => Measured | Promise<Measured>;
}

/** Cells with the same contenders. */
export class Group<O> {
  readonly question: string;
  readonly title: string;
  readonly contenders: readonly Contender<O>[];
  readonly cells: Cell<O>[] = [];
  readonly #opened = new Map<Contender<O>, O>();

  constructor(question: string, title: string, contenders: readonly Contender<O>[]) {
    this.question = question;
    this.title = title;
    this.contenders = contenders;
  }

  /** Defines a cell. */
  cell(name: string, prepare: Cell<O>["prepare"], options: CellOptions = {}): void {
    const cell = { name, prepare, ...options };
    this.cells.push(cell);
    if (!collecting) joinDenoBench(this, cell);
  }

  /** The contender, opened once. */
  async open(contender: Contender<O>): Promise<O> {
    const known = this.#opened.get(contender);
    if (known !== undefined) return known;
    const opened = await contender.open();
    this.#opened.set(contender, opened);
    return opened;
  }

  /** Closes one contender; the next {@linkcode open} makes a new one. */
  async close(contender: Contender<O>): Promise<void> {
    const opened = this.#opened.get(contender);
    if (opened === undefined) return;
    this.#opened.delete(contender);
    await contender.close?.(opened);
  }
}

/** One bench file. */
export class Question {
  readonly name: string;
  readonly asks: string;
  // deno-lint-ignore no-explicit-any
  readonly groups: Group<any>[] = [];

  constructor(name: string, asks: string) {
    this.name = name;
    this.asks = asks;
  }

  /** Defines a group. */
  group<O>(title: string, contenders: readonly Contender<O>[]): Group<O> {
    const group = new Group(this.name, title, contenders);
    this.groups.push(group);
    return group;
  }
}

let collecting = false;
let collected: Question | undefined;

/** Begins a bench file; `name` is its name without `_bench.ts`. */
export function question(name: string, asks: string): Question {
  return collected = new Question(name, asks);
}

/** Loads a bench file for our own runner: its cells do not join `deno bench`. */
export async function collect(file: URL): Promise<Question> {
  collecting = true;
  collected = undefined;
  await import(file.href);
  if (collected === undefined) throw new Error(`${file.href} asks no question`);
  return collected;
}
