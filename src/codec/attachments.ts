/**
 * What shared memory cannot hold goes beside it, in the order of the slots that name it: shared
 * buffers, payloads too large for the region, and text where the runtime passes it by reference.
 *
 * @module
 */

/** One end of the way beside a channel. Thread lanes have one; it works without an event loop turn. */
export interface Attachments {
  /** Sends; before the slot that names it is published. */
  post(value: unknown): void;
  /** Receives the oldest one not yet taken. */
  take(): unknown;
  /** Whether text of this length should go as an attachment. */
  prefers(text: string): boolean;
}

/** Attachments over a pipe; `prefers` says which text the runtime passes faster that way. */
export function attachmentsOf(
  pipe: { post(value: unknown): void; take(): unknown },
  prefers: (text: string) => boolean,
): Attachments {
  return { post: (value) => pipe.post(value), take: () => pipe.take(), prefers };
}
