/**
 * What one would write by hand: workers, `postMessage`, and a number that ties a reply to its call.
 * The workers are the runtime's own: Deno copies bytes ten times as fast to a web worker as to one of
 * `node:worker_threads`, and Bun has a little less to do too.
 *
 * @module
 */

import { Worker as NodeWorker } from "node:worker_threads";
import type { Call, FunctionName, Maker, Subject, SubjectOptions } from "./subject.ts";

/** The first message to a worker. */
export interface Settings {
  /** Whether bytes that a function returns change hands. */
  readonly transfer: boolean;
  /** The `BroadcastChannel` for calls and replies, if they do not go straight to the worker and back. */
  readonly channel: string | undefined;
}

/** A call on its way; arrays are the cheapest messages. */
export type CallMessage = [id: number, name: FunctionName, argument: unknown];

/** Its reply. */
export type ReplyMessage = [id: number, failed: boolean, value: unknown];

export const postMessage: Maker = {
  name: "postMessage",
  open: (options) => new PostMessagePool(options, { transfer: false }),
};

/**
 * The same for bytes that nobody needs afterwards: they change hands instead of being copied. The
 * host keeps its bytes and sends a copy; the worker sends back what it was given.
 */
export const postMessageTransfer: Maker = {
  name: "postMessage, transferred",
  open: (options) => new PostMessagePool(options, { transfer: true }),
};

/** The same for bytes that nobody needs at all: no copy, and the caller is left without. */
export const postMessageMove: Maker = {
  name: "postMessage, transferred",
  open: (options) => new PostMessagePool(options, { transfer: true, keepsBytes: false }),
};

/** One that runs and one that waits: no worker idles, and a long call holds up one other at most. */
const LATE_DEPTH = 2;

interface Pending {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** A worker with what is on its way to it. */
export interface Lane {
  readonly post: (message: unknown, transfer?: ArrayBuffer[]) => void;
  readonly terminate: () => unknown;
  calls: number;
}

export type OnReply = (reply: ReplyMessage) => void;
export type OnError = (error: unknown) => void;
type StartLane = (onReply: OnReply, onError: OnError, transfer: boolean) => Lane;

/** How calls get to the workers. */
interface Way {
  /** Whether bytes change hands. */
  readonly transfer: boolean;
  /** Whether the host keeps bytes that change hands, and sends a copy. */
  readonly keepsBytes?: boolean;
  readonly start?: StartLane;
  /** Calls at one worker at most, if it is not to get only as many as it can run. */
  readonly depth?: number;
}

export class PostMessagePool implements Subject {
  readonly #lanes: readonly Lane[];
  readonly #depth: number;
  readonly #transfer: boolean;
  readonly #keepsBytes: boolean;
  readonly #pending = new Map<number, Pending>();
  readonly #queue: CallMessage[] = [];
  #nextId = 0;

  constructor({ threads, binding }: SubjectOptions, way: Way) {
    const { transfer, keepsBytes = true, start = startPortLane, depth = Infinity } = way;
    this.#depth = binding === "early" ? depth : LATE_DEPTH;
    this.#transfer = transfer;
    this.#keepsBytes = keepsBytes;
    this.#lanes = Array.from({ length: threads }, () => {
      const lane = start(
        (reply) => this.#settle(lane, reply),
        (error) => this.#rejectAll(error),
        transfer,
      );
      return lane;
    });
  }

  call(name: FunctionName): Call {
    return (argument) =>
      new Promise((resolve, reject) => {
        const id = this.#nextId++;
        this.#pending.set(id, { resolve, reject });
        const lane = this.#leastBusy();
        const message: CallMessage = [id, name, argument];
        if (lane.calls < this.#depth) this.#send(lane, message);
        else this.#queue.push(message);
      });
  }

  #leastBusy(): Lane {
    let best = this.#lanes[0]!;
    for (const lane of this.#lanes) if (lane.calls < best.calls) best = lane;
    return best;
  }

  #send(lane: Lane, message: CallMessage): void {
    lane.calls++;
    if (this.#transfer && message[2] instanceof Uint8Array) {
      const bytes = this.#keepsBytes ? message[2].slice() : message[2];
      message[2] = bytes;
      lane.post(message, [bytes.buffer as ArrayBuffer]);
    } else lane.post(message);
  }

  #settle(lane: Lane, [id, failed, value]: ReplyMessage): void {
    lane.calls--;
    const next = this.#queue.shift();
    if (next !== undefined) this.#send(lane, next);
    const { resolve, reject } = this.#pending.get(id)!;
    this.#pending.delete(id);
    if (failed) reject(value);
    else resolve(value);
  }

  #rejectAll(reason: unknown): void {
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.terminate()));
    this.#rejectAll(new Error("closed"));
  }
}

/** Calls go straight to the worker. */
function startPortLane(onReply: OnReply, onError: OnError, transfer: boolean): Lane {
  const lane = startWorker(onReply, onError);
  lane.post({ transfer, channel: undefined } satisfies Settings);
  return lane;
}

export function startWorker(onReply: OnReply, onError: OnError): Lane {
  const url = new URL("./post_message_worker.ts", import.meta.url);
  if ("Worker" in globalThis) {
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = ({ data }) => onReply(data);
    worker.onerror = ({ error, message }) => onError(error ?? new Error(message));
    return {
      post: (message, transfer = []) => worker.postMessage(message, transfer),
      terminate: () => worker.terminate(),
      calls: 0,
    };
  }
  const worker = new NodeWorker(url);
  worker.on("message", onReply);
  worker.on("error", onError);
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
    calls: 0,
  };
}
