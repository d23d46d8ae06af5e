// One line on standard error that says how far a long run is. On a terminal it is written over and
// over again; elsewhere it is a new line now and then.

import process from "node:process";

const TERMINAL_MS = 100;
const ELSEWHERE_MS = 15_000;

export class ProgressLine {
  readonly #isTerminal = process.stderr.isTTY === true;
  #next = this.#isTerminal ? 0 : performance.now() + ELSEWHERE_MS;
  #shown = false;

  /** Shows `text`, unless something was shown a moment ago. */
  show(text: string): void {
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + (this.#isTerminal ? TERMINAL_MS : ELSEWHERE_MS);
    if (!this.#isTerminal) return void process.stderr.write(text + "\n");
    const line = text.slice(0, (process.stderr.columns || 80) - 1);
    process.stderr.write(`\r${line}\x1b[K`);
    this.#shown = true;
  }

  /** Takes the line away, so that something else can be printed. */
  clear(): void {
    if (this.#shown) process.stderr.write("\r\x1b[K");
    this.#shown = false;
    if (this.#isTerminal) this.#next = 0;
  }
}
