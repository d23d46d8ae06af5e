/**
 * Keeps the memory of copies that a collector frees.
 *
 * glibc gives the free end of a heap back to the system as soon as it has 128 KiB. Copies are freed by the dozen,
 * so each of the next is taken from the system again, page by page, which takes longer than to copy. Once a block
 * that the system gave on its own is freed, glibc keeps twice its size, if it had at most 32 MiB
 * ([mallopt(3)](https://man7.org/linux/man-pages/man3/mallopt.3.html), `M_MMAP_THRESHOLD`). So one such block is
 * taken, and dropped: it is never touched, and takes no memory. Other allocators do not care.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** With this much of copies it is worth it. */
const WORTH_BYTES = 32 * 1024 * 1024;
/**
 * All but a few pages of the most that counts. V8 collects once 64 MiB of buffers wait for it, and with less of a
 * block glibc would keep somewhat less than that, and give all of it back.
 */
const BLOCK_BYTES = 33_550_000;

let bytesLeft = WORTH_BYTES;

/** Counts a copy that was made on this thread. */
export function countCopy(lengthBytes: number): void {
  bytesLeft -= lengthBytes;
  if (bytesLeft > 0) return;
  bytesLeft = Infinity;
  try {
    Buffer.allocUnsafeSlow(BLOCK_BYTES);
  } catch {
    // A process that may not have as much does without.
  }
}
