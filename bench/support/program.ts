/**
 * Contenders that are programs in other languages. They measure themselves, a round at a time, and sleep
 * between the rounds; `scripts/bench_programs.ts` builds them.
 *
 * @module
 */

import process from "node:process";
import { LineChild } from "./line_child.ts";
import { type Contender, Gap, type Measured } from "./question.ts";

/** Where each program is, or why it is not there. */
export type BuiltPrograms = Record<string, { readonly path: string } | { readonly gap: string }>;

/** The environment variable that has them, as JSON. */
export const PROGRAMS_VARIABLE = "KNITTING_BENCH_PROGRAMS";

/** A program that runs. */
export class Program {
  readonly #child: LineChild;

  constructor(path: string) {
    this.#child = new LineChild(path, []);
  }

  /** The cell of `count` calls together that send this value there and back; nothing counts as a number. */
  cell(count: number, value: unknown): Measured {
    const what = `${kindOf(value)} ${sizeOf(value)} ${count}`;
    return {
      round: ({ ms, least, block }) => this.#ask(`${what} ${block} ${ms.toFixed(3)} ${least}`),
    };
  }

  async #ask(request: string): Promise<number[]> {
    this.#child.write(request);
    const answer = await this.#child.read();
    const samples = answer.trim().split(" ").map(Number);
    if (samples.some(Number.isNaN)) throw new Error(answer);
    return samples;
  }

  close(): void {
    this.#child.close();
  }
}

function kindOf(value: unknown): string {
  return typeof value === "string" ? "string" : value instanceof Uint8Array ? "bytes" : "number";
}

function sizeOf(value: unknown): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  return value instanceof Uint8Array ? value.length : 0;
}

function programContender(name: string, program: string, isBound: boolean): Contender<Program> {
  return {
    name,
    isBound,
    runnerOnly: true,
    open() {
      const all: BuiltPrograms = JSON.parse(process.env[PROGRAMS_VARIABLE] ?? "{}");
      const found = all[program] ?? { gap: "not built" };
      if ("gap" in found) throw new Gap(found.gap);
      return new Program(found.path);
    },
    close: (opened) => opened.close(),
  };
}

/** What no pool of threads can be faster than: a ring between two threads; for payloads, only their copies. */
export const floor: Contender<Program> = programContender("floor (C)", "floor", true);
export const tokio: Contender<Program> = programContender("Tokio", "tokio", false);
