import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findRuntime, RUNTIME_NAMES, type RuntimeName } from "../../scripts/runtimes.ts";
import { inTime } from "./with_pool.ts";

/** What the program knows how to do: see tests/fixtures/programs/peer.ts. */
type PeerCommand = readonly [name: string, ...args: unknown[]];

/** Flags to run a program, one that may do everything. */
const FLAGS: Record<RuntimeName, readonly string[]> = {
  deno: ["run", "-A", "--quiet", "--no-check"],
  node: ["--disable-warning=ExperimentalWarning"],
  bun: ["run"],
};

/** The runtimes that can be had here. */
export const installed: readonly RuntimeName[] = RUNTIME_NAMES.filter((name) => {
  try {
    return findRuntime(name) !== undefined;
  } catch {
    return false;
  }
});

/** Another process, which does what it is told. */
export class Peer {
  readonly #child: ChildProcess;
  readonly #answers: ((line: string) => void)[] = [];
  readonly #ended: Promise<{ code: number | null; signal: string | null }>;

  constructor(runtime: RuntimeName, file = "peer.ts", args: readonly string[] = []) {
    const path = fileURLToPath(new URL(`../fixtures/programs/${file}`, import.meta.url));
    this.#child = spawn(findRuntime(runtime).path, [...FLAGS[runtime], path, ...args], {
      // What goes wrong in a program that is told how to end is what the test is about.
      stdio: ["pipe", "pipe", args.length > 0 ? "ignore" : "inherit"],
    });
    this.#child.stdin!.on("error", () => {}); // it may be gone
    createInterface({ input: this.#child.stdout! })
      .on("line", (line) => this.#answers.shift()?.(line));
    this.#ended = new Promise((resolve) =>
      this.#child.on("exit", (code, signal) => resolve({ code, signal }))
    );
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The next line it prints. */
  line(): Promise<string> {
    const line = new Promise<string>((resolve) => this.#answers.push(resolve));
    return inTime("an answer of the other process", line);
  }

  /** Writes a line for it to read. */
  tell(line: string): void {
    this.#child.stdin!.write(line + "\n");
  }

  /** Has it do something; what that gave. */
  async ask(...command: PeerCommand): Promise<unknown> {
    this.tell(JSON.stringify(command));
    const { error, value } = JSON.parse(await this.line());
    if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
    return value;
  }

  /** How it ends. */
  ended(): Promise<{ code: number | null; signal: string | null }> {
    return inTime("the end of the other process", this.#ended);
  }

  kill(signal: NodeJS.Signals): void {
    // Not child.kill: after that, Deno says that the child ended by the signal, however it ended.
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(this.pid, signal);
    }
  }

  /** Ends it the normal way: it has nothing more to do. */
  async end(): Promise<void> {
    this.#child.stdin!.end();
    const { code, signal } = await this.ended();
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
  }
}

/** Gives `body` another process, which is ended in any case. */
export async function withPeer(
  runtime: RuntimeName,
  body: (peer: Peer) => Promise<void>,
): Promise<void> {
  const peer = new Peer(runtime);
  try {
    await body(peer);
    await peer.end();
  } finally {
    peer.kill("SIGKILL");
  }
}
