/**
 * One call at a time: decode the argument, run the task, send the reply.
 *
 * @module
 */

import type { Decoder } from "../codec/decoder.ts";
import type { Encoder } from "../codec/encoder.ts";
import { isPromise, then } from "../codec/promises.ts";
import { Flag, headTask, packHead } from "../codec/tags.ts";
import { KnittingError } from "../errors.ts";
import type { DebugLog } from "../runtime/debug.ts";
import type { TaskFunction } from "../runtime/handshake.ts";
import type { ChannelProducer } from "../transport/channel.ts";
import { SLOT_CALL, SLOT_HEAD } from "../transport/layout.ts";

const REJECTED: number = packHead(0, Flag.Rejected, 0);
const FULFILLED = 0;

interface Reply {
  readonly call: number;
  readonly head: number;
  readonly value: unknown;
}

/** Runs tasks and sends their replies. */
export class TaskRunner {
  /** Tasks that returned a promise which has not settled. */
  unsettled = 0;
  /** How many replies to collect before they are published. */
  batch = 1;
  /** Called when a reply comes from outside of {@linkcode run}: a promise has settled. */
  onLateReply: () => void = () => {};
  /** Replies for which there was no room, oldest first. */
  readonly #waiting: Reply[] = [];
  readonly #functions: readonly (TaskFunction | undefined)[];
  readonly #words: Int32Array;
  readonly #decoder: Decoder;
  readonly #encoder: Encoder;
  readonly #replies: ChannelProducer;
  readonly #log: DebugLog | undefined;

  constructor(
    functions: readonly (TaskFunction | undefined)[],
    words: Int32Array,
    decoder: Decoder,
    encoder: Encoder,
    replies: ChannelProducer,
    log: DebugLog | undefined,
  ) {
    this.#functions = functions;
    this.#words = words;
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.#replies = replies;
    this.#log = log;
  }

  /** Whether replies wait for room. While they do, no further calls should be taken. */
  get blocked(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Runs the call in `slot`.
   *
   * @param taken called as soon as the slot has been read
   */
  run(slot: number, taken: { advance(): void; release(): void }): void {
    const call = this.#words[slot + SLOT_CALL]!;
    const task = headTask(this.#words[slot + SLOT_HEAD]!);
    let argument: unknown;
    try {
      argument = this.#decoder.decode(slot);
    } catch (error) {
      taken.advance();
      taken.release();
      return this.#reply(call, REJECTED, error);
    }
    taken.advance();
    taken.release();
    this.#log?.line("signals", `work call=${call} task=${task}`);

    let result: unknown;
    try {
      const f = this.#functions[task]!;
      result = f(argument);
    } catch (error) {
      return this.#reply(call, REJECTED, error);
    }
    if (isPromise(result)) this.#settleLater(call, result);
    else this.#reply(call, FULFILLED, result);
  }

  #settleLater(call: number, promise: Promise<unknown>): void {
    this.unsettled++;
    const settle = (head: number, value: unknown): void => {
      this.unsettled--;
      this.#reply(call, head, value);
      this.onLateReply();
    };
    then(
      promise,
      (value) => settle(FULFILLED, value),
      (error) => settle(REJECTED, error),
    );
  }

  #reply(call: number, head: number, value: unknown): void {
    this.#log?.line(
      "signals",
      `result call=${call} ${head === REJECTED ? "rejected" : "fulfilled"}`,
    );
    if (this.#waiting.length > 0 || !this.#send(call, head, value)) {
      this.#waiting.push({ call, head, value });
    } else if (this.#replies.unpublished >= this.batch) {
      this.#replies.publish();
    }
  }

  /** Sends replies that waited for room, then publishes whatever is ready. */
  flush(): void {
    let sent = 0;
    for (const { call, head, value } of this.#waiting) {
      if (!this.#send(call, head, value)) break;
      sent++;
    }
    if (sent > 0) this.#waiting.splice(0, sent);
    if (this.#replies.unpublished > 0) this.#replies.publish();
  }

  /** A value that cannot cross becomes a rejection that says so. */
  #send(call: number, head: number, value: unknown): boolean {
    try {
      return this.#encoder.send(call, head, value);
    } catch (error) {
      try {
        return this.#encoder.send(call, REJECTED, error);
      } catch {
        return this.#encoder.send(call, REJECTED, inBrief(error as KnittingError));
      }
    }
  }
}

/** An error so short that no limit on payloads keeps it back. */
function inBrief({ code, message }: KnittingError): KnittingError {
  const brief = new KnittingError(code, message.slice(0, 150));
  brief.stack = "";
  return brief;
}
