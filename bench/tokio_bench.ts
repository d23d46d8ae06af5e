// How does a pool compare with channels between threads that share one heap?

import { knitting } from "./support/knitting.ts";
import { ASCII, bytesOf, sizeName, text } from "./support/payloads.ts";
import { callsGroup, together } from "./support/pools.ts";
import { floor, tokio } from "./support/program.ts";
import { question } from "./support/question.ts";

const KiB = 1024;
const SIZES = [8, 256, 4 * KiB, 64 * KiB, KiB * KiB];
/** In one batch; more would measure the memory of the machine. */
const MOST_BYTES = 100 * KiB * KiB;

const comparison = question("tokio", "How does a pool compare with Tokio's channels?");

const numbers = callsGroup(comparison, "numbers, one worker", [knitting], [tokio, floor]);
for (const count of [1, 10, 100, 1000]) {
  numbers.cell(`number x${count}`, together(count, "echo", 1.5));
}

const texts = callsGroup(comparison, "strings, one worker", [knitting], [tokio, floor]);
const bytes = callsGroup(comparison, "bytes, one worker", [knitting], [tokio, floor]);
for (const size of SIZES) {
  for (const count of [1, 10, 100, 1000].filter((count) => count * size <= MOST_BYTES)) {
    texts.cell(`string ${sizeName(size)} x${count}`, together(count, "echo", text(ASCII, size)));
    bytes.cell(`bytes ${sizeName(size)} x${count}`, together(count, "echo", bytesOf(size)));
  }
}
