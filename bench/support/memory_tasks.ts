/**
 * Tasks on memory that is copied, or shared; both look at its first and its last byte.
 *
 * @module
 */

import { task } from "../../task.ts";
import type { ProcessSharedBuffer } from "../../shared_memory.ts";

const ends = (bytes: Uint8Array) => bytes[0]! + bytes[bytes.length - 1]!;

export const endsOfCopy = task<Uint8Array, number>({ f: ends });
export const endsOfShared = task<ProcessSharedBuffer, number>({
  f: (memory) => ends(memory.bytes()),
});
