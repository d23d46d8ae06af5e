// How does the cost of a call grow with what it carries?

import { knitting } from "./support/knitting.ts";
import { ASCII, bytesOf, sizeName, text } from "./support/payloads.ts";
import { callsGroup, MAKERS, together } from "./support/pools.ts";
import { postMessage } from "./support/post_message.ts";
import { floor } from "./support/program.ts";
import { question } from "./support/question.ts";
import { rivals } from "./support/rivals.ts";
import type { Maker } from "./support/subject.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const SIZES = [8, 64, 512, 4 * KiB, 32 * KiB, 256 * KiB];
const LARGE = [MiB, 8 * MiB];
/** One call at a time, and some together. */
const COUNTS = [1, 16];

const growth = question("sizes", "How does the cost of a call grow with what it carries?");

function echoes(
  title: string,
  name: string,
  make: (size: number) => unknown,
  sizes: readonly number[],
  makers: readonly Maker[],
): void {
  const group = callsGroup(growth, title, makers, [floor]);
  for (const size of sizes) {
    const value = make(size);
    for (const count of COUNTS) {
      group.cell(`${name} of ${sizeName(size)} x${count}`, together(count, "echo", value));
    }
  }
}

const ascii = (size: number) => text(ASCII, size);

echoes("strings", "string", ascii, SIZES, [...MAKERS, ...rivals]);
echoes("bytes", "bytes", bytesOf, SIZES, [...MAKERS, ...rivals]);
// The others take seconds for a batch of these on Deno.
echoes("large strings", "string", ascii, LARGE, [knitting, postMessage]);
echoes("large bytes", "bytes", bytesOf, LARGE, [knitting, postMessage]);
