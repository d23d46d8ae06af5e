// A file in pieces that end where a line does.

import { createReadStream } from "node:fs";

const NEWLINE = 10;
const QUOTE = 34;

/**
 * The bytes of a CSV file in pieces of whole lines, each of about `pieceBytes`, the last one of what is left.
 * A line may have line breaks of its own, in quotes: those do not end it.
 */
export async function* piecesOfLines(
  file: string,
  pieceBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  let rest: Uint8Array = new Uint8Array();
  const stream: AsyncIterable<Uint8Array> = createReadStream(file, { highWaterMark: pieceBytes });
  for await (const bytes of stream) {
    const piece = concatenated(rest, bytes);
    const end = endOfLines(piece);
    rest = piece.subarray(end);
    if (end > 0) yield piece.subarray(0, end);
  }
  if (rest.length > 0) yield rest;
}

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Behind the last line break that no quotes are around; `bytes` begin where a line does. */
function endOfLines(bytes: Uint8Array): number {
  let end = 0;
  let isQuoted = false;
  for (let from = 0; from <= bytes.length;) {
    // A quote in quotes is doubled, which ends them and begins them again.
    const quote = bytes.indexOf(QUOTE, from);
    const to = quote < 0 ? bytes.length : quote;
    const newline = isQuoted ? -1 : bytes.subarray(from, to).lastIndexOf(NEWLINE);
    if (newline >= 0) end = from + newline + 1;
    isQuoted = !isQuoted;
    from = to + 1;
  }
  return end;
}
