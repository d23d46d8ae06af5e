/**
 * A child process that is asked and answers by lines.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** It ends when its standard input does: also when this process is gone. */
export class LineChild {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  write(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** The next line that it says. */
  async read(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the program has ended");
    return value;
  }

  /** There is nothing more to read, so it ends. */
  close(): void {
    this.#child.stdin!.end();
  }
}
