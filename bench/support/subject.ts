/**
 * What a pool looks like to a benchmark.
 *
 * @module
 */

import type * as functions from "./functions.ts";

/** A function of `functions.ts`. */
export type FunctionName = keyof typeof functions;

/** Calls one function in a worker. */
export type Call = (argument?: unknown) => Promise<unknown>;

/** A running pool. */
export interface Subject {
  /** The way to call a function, looked up once. */
  call(name: FunctionName): Call;
  /** Ends it; resolves when its workers are gone. */
  close(): Promise<void>;
}

/** How a pool is to be made. */
export interface SubjectOptions {
  readonly threads: number;
  /**
   * Whether calls go to a worker at once (`"early"`, best for many short ones), or only as it gets
   * free (`"late"`, best for long ones of different length). A pool that finds out by itself does.
   */
  readonly binding: "early" | "late";
}

/** A kind of pool. */
export interface Maker {
  readonly name: string;
  /** See `Contender.runnerOnly`. */
  readonly runnerOnly?: boolean;
  /** Loads its library. */
  load?(): Promise<void>;
  /** Makes one; its workers may still be starting. */
  open(options: SubjectOptions): Subject;
}
