// A debugger that pauses a worker: for the host, a worker that takes its time.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Peer } from "../support/peer.ts";
import { runtimeName } from "../support/program.ts";
import { isLinux } from "../support/shared_memory.ts";
import { until } from "../support/waiting.ts";
import { inTime } from "../support/with_pool.ts";

const skip = !isLinux
  ? "whether the host sleeps is asked of Linux"
  : runtimeName === "bun" && "the debugger of Bun does not know of workers (oven-sh/bun#23603)";

/** What a debugger says, and what comes from the worker that it is connected with. */
class Debugger {
  /** Names of what the worker has told, such as `Debugger.paused`. */
  readonly told: string[] = [];
  readonly #socket: WebSocket;
  readonly #done = new Set<number>();
  #worker = "";
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
  }

  /** Connects with the first worker of a program. */
  static async ofWorker(url: string): Promise<Debugger> {
    const socket = new WebSocket(url);
    await inTime("the debugger", new Promise((resolve) => socket.onopen = resolve));
    const made = new Debugger(socket);
    made.#say("NodeWorker.enable", { waitForDebuggerOnStart: false });
    await until("it knows the worker", () => made.#worker !== "");
    return made;
  }

  #say(method: string, params: object): void {
    this.#socket.send(JSON.stringify({ id: ++this.#id, method, params }));
  }

  #hear({ method, params }: { method?: string; params: Record<string, string> }): void {
    if (method === "NodeWorker.attachedToWorker") this.#worker = params.sessionId!;
    if (method !== "NodeWorker.receivedMessageFromWorker") return;
    const { id, method: told } = JSON.parse(params.message!);
    if (told === undefined) this.#done.add(id);
    else this.told.push(told);
  }

  /** Has the worker do something; resolves when it has heard of it. */
  async tell(method: string): Promise<void> {
    const id = ++this.#id;
    const message = JSON.stringify({ id, method });
    this.#say("NodeWorker.sendMessageToWorker", { sessionId: this.#worker, message });
    await until(method, () => this.#done.has(id));
  }

  close(): void {
    this.#socket.close();
  }
}

/** Whether the main thread of a process sleeps, and how often it has run. */
function mainThread(pid: number): { sleeps: boolean; turns: string } {
  const folder = `/proc/${pid}/task/${pid}`;
  const sleeps = /^State:\s+S/m.test(readFileSync(`${folder}/status`, "utf8"));
  return { sleeps, turns: readFileSync(`${folder}/schedstat`, "utf8").trim().split(" ")[2]! };
}

/** Resolves when the main thread of a process has not run for a while. */
async function untilAsleep(pid: number): Promise<void> {
  let last = "";
  let looks = 0;
  await until("the host sleeps", () => {
    const { sleeps, turns } = mainThread(pid);
    looks = sleeps && turns === last ? looks + 1 : 0;
    last = turns;
    return looks === 50;
  });
}

describe("a worker that a debugger pauses", () => {
  it("is not replaced and loses nothing, and its host sleeps meanwhile", { skip }, async () => {
    const host = new Peer(runtimeName, "paused_worker.ts", ["with a debugger"]);
    try {
      const debug = await Debugger.ofWorker(await host.line());
      await debug.tell("Debugger.enable");
      for (let round = 1; round <= 2; round++) {
        debug.told.length = 0;
        await debug.tell("Debugger.pause");
        const answers = [host.line(), host.line()];
        let settled = 0;
        for (const answer of answers) void answer.then(() => settled++);
        host.tell(`${round}`);
        await until("it is paused", () => debug.told.includes("Debugger.paused"));
        host.tell(`${-round}`);
        await untilAsleep(host.pid);
        assert.equal(settled, 0);
        await debug.tell("Debugger.resume");
        const first = 2 * round;
        assert.deepEqual(await Promise.all(answers), [
          JSON.stringify([round, first]),
          JSON.stringify([-round, first + 1]),
        ]);
      }
      debug.close();
      await host.end();
    } finally {
      host.kill("SIGKILL");
    }
  });
});
