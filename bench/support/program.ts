/**
 * Contenders that are programs in other languages. They measure themselves, a round at a time, and sleep
 * between the rounds; `scripts/bench_programs.ts` builds them.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { type Contender, Gap, type Measured } from "./question.ts";

/** Where each program is, or why it is not there. */
export type BuiltPrograms = Record<string, { readonly path: string } | { readonly gap: string }>;

/** The environment variable that has them, as JSON. */
export const PROGRAMS_VARIABLE = "KNITTING_BENCH_PROGRAMS";

/** A program that runs. */
export class Program {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(path: string) {
    this.#child = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** The cell of `count` calls together that send this value there and back; nothing counts as a number. */
  cell(count: number, value: unknown): Measured {
    const what = `${kindOf(value)} ${sizeOf(value)} ${count}`;
    return {
      round: ({ ms, least, block }) => this.#ask(`${what} ${block} ${ms.toFixed(3)} ${least}`),
    };
  }

  async #ask(request: string): Promise<number[]> {
    this.#child.stdin!.write(`${request}\n`);
    const { value, done } = await this.#answers.next();
    const samples = done ? [] : value.trim().split(" ").map(Number);
    if (samples.length === 0 || samples.some(Number.isNaN)) {
      throw new Error(done ? "the program has ended" : value);
    }
    return samples;
  }

  /** Ends it: there is nothing more to read. */
  close(): void {
    this.#child.stdin!.end();
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
