/**
 * Names for memory, so that metadata can be turned into a reference again. They mean something only on
 * the thread that gave them, so nothing that was made up, or came from elsewhere, reaches memory.
 *
 * @module
 */

import type { OwnedBuffer } from "./owned_buffer.ts";

/** Made when it is first needed: Node takes milliseconds to load what makes it. */
let prefix: string | undefined;
let count = 0;

const tokens = new WeakMap<OwnedBuffer, string>();
const buffers = new Map<string, WeakRef<OwnedBuffer>>();
const forgotten = new FinalizationRegistry<string>((token) => buffers.delete(token));

/** The name of `buffer`; given when it is first asked for. */
export function tokenOf(buffer: OwnedBuffer): string {
  let token = tokens.get(buffer);
  if (token === undefined) {
    prefix ??= crypto.randomUUID();
    token = `${prefix}:${++count}`;
    tokens.set(buffer, token);
    buffers.set(token, new WeakRef(buffer));
    forgotten.register(buffer, token);
  }
  return token;
}

/** What has this name on this thread. */
export function bufferWithToken(token: string): OwnedBuffer | undefined {
  return buffers.get(token)?.deref();
}
