/**
 * What shared memory cannot hold goes beside it, in the order of the slots that name it: shared
 * buffers, bytes that are moved, and text where the runtime passes it by reference.
 *
 * @module
 */

import type { Sender } from "../memory/crossing.ts";
import { runtime } from "../runtime/current.ts";
import type { MessageEnd } from "../runtime/runtime.ts";
import { ProtocolViolation } from "../transport/violation.ts";

/** One end of the way beside a channel, if there is one; it works without an event loop turn. */
export interface Attachments {
  /** Sends; before the slot that names it is published. An `ArrayBuffer` is moved, not copied. */
  post(value: unknown): void;
  /** Receives the oldest one not yet taken. */
  take(): unknown;
  /** Whether both ends are threads of one process with a pipe between them. If not, nothing can go there. */
  readonly sameProcess: boolean;
  /** Who is at the other end, if that is another process; nobody's memory is taken if it is not said. */
  readonly sender?: Sender;
  /** What that keeps from crossing, in the words of a refusal. */
  readonly boundary: string;
  /** Whether this text crosses faster as an attachment than through shared memory. */
  prefersText(text: string): boolean;
  /** Whether so many bytes, copied once and then moved, cross faster than by two copies. */
  prefersBytes(lengthBytes: number): boolean;
}

/**
 * What was taken, which the slot says is a `type`.
 *
 * @throws {ProtocolViolation} if it is not: then those that follow belong to other slots, too
 */
export function checkAttachment<T>(value: unknown, type: abstract new (...args: never[]) => T): T {
  if (value instanceof type) return value;
  throw new ProtocolViolation("it did not send beside the lane what a slot speaks of");
}

/** The same for text. */
export function checkAttachedText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new ProtocolViolation("it did not send beside the lane the text that a slot speaks of");
}

/** Attachments over a pipe, as the runtime prefers. */
export function attachmentsOf(pipe: MessageEnd): Attachments {
  return {
    post: (value) => pipe.post(value),
    take: () => pipe.take(),
    sameProcess: true,
    boundary: "",
    prefersText: runtime.prefersMessage,
    prefersBytes: runtime.prefersMove,
  };
}

/** The host can do with its worker whatever it likes. */
const host: Sender = { mayName: () => true, sandboxed: false, owns: () => true };

/** A worker's end of a channel from another process: everything goes through shared memory. */
export const noAttachments: Attachments = {
  ...without("a process-worker boundary, where a ProcessSharedBuffer can, or a copy of its bytes"),
  sender: host,
};

/** The host's end of such a channel. */
export function noAttachmentsFrom(sender: Sender): Attachments {
  return { ...noAttachments, sender };
}

const nobody: Sender = { mayName: () => false, sandboxed: true, owns: () => false };

/** Who has written what comes from there; `undefined` if that is this process. */
export function senderOf({ sameProcess, sender = nobody }: Attachments): Sender | undefined {
  return sameProcess ? undefined : sender;
}

/** The same for threads without a pipe, which are web workers. */
export const nothingBeside: Attachments = without(
  "to or from a web worker with a call: give it to worker.bootstrap as data",
);

function without(boundary: string): Attachments {
  const refuse = (): never => {
    throw new Error(`nothing goes beside a channel that crosses ${boundary}`);
  };
  return {
    post: refuse,
    take: refuse,
    sameProcess: false,
    boundary,
    prefersText: () => false,
    prefersBytes: () => false,
  };
}
