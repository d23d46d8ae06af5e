// How is text best written to shared memory and read back? Every way there is, for each kind of
// text. `adapter` is what src/runtime/*.ts does with text in shared memory on this runtime; `message` is
// the way beside it, which `prefersMessage` chooses for some text. These figures are why.

import { Buffer } from "node:buffer";
import { WIDE } from "../src/runtime/short_text.ts";
import { messageToSelf } from "./support/message_to_self.ts";
import { ASCII, LATIN_1, sizeName, text, TEXT_SIZES, UNICODE } from "./support/payloads.ts";
import { type Contender, type Group, question } from "./support/question.ts";
import { type Read, READERS, type Way, type Write, WRITERS } from "./support/text_ways.ts";

type WriterName = keyof typeof WRITERS;
type ReaderName = keyof typeof READERS;

/** One-byte characters, 1 MiB of UTF-8, at two bytes each. */
const MEMORY_BYTES = 2 * 1024 * 1024;

const KINDS: readonly [kind: string, pattern: string, fitsOneByte: boolean][] = [
  ["ASCII", ASCII, true],
  ["Latin-1", LATIN_1, true],
  ["wide", UNICODE, false],
];

const texts = question("text", "How is text best written to shared memory and read back?");

for (const [kind, pattern, fitsOneByte] of KINDS) {
  const writers: WriterName[] = ["adapter", "encodeInto", "ucs2Write", "twoByteLoop"];
  const readers: ReaderName[] = [
    "adapter",
    "ucs2Slice",
    "utf16Decoder",
    "utf8Slice",
    "TextDecoder",
  ];
  const pairs: [WriterName, ReaderName][] = [
    ["adapter", "adapter"],
    ["ucs2Write", "ucs2Slice"],
    ["encodeInto", "TextDecoder"],
  ];
  if (fitsOneByte) {
    writers.push("latin1Write", "oneByteLoop");
    readers.push("latin1Slice");
    pairs.push(["latin1Write", "latin1Slice"]);
  }

  const writing = texts.group(`write ${kind}`, writers.map((name) => over(name, WRITERS[name])));
  forEachSize(writing, pattern, ({ way, memory }, next) => {
    const format = way.formatOf(next());
    const write = way.over(memory, format);
    const written = Buffer.from(memory, 0, write(next()));
    if (!written.equals(Buffer.from(next(), format))) throw new Error("the bytes differ");
    return () => write(next());
  });

  const reading = texts.group(`read ${kind}`, readers.map((name) => over(name, READERS[name])));
  forEachSize(reading, pattern, ({ way, memory }, next) => {
    const format = way.formatOf(next());
    const read = way.over(memory, format);
    const length = Buffer.from(memory).write(next(), format);
    if (read(length) !== next()) throw new Error("the text differs");
    return () => read(length);
  });

  const crossing = texts.group(`write and read ${kind}`, [
    ...pairs.map(([writer, reader]) => through(WRITERS[writer], READERS[reader], writer, reader)),
    { name: "message", open: () => messageToSelf },
  ]);
  forEachSize(crossing, pattern, (crossWith, next) => {
    const cross = crossWith(next());
    if (cross(next()) !== next()) throw new Error("the text differs");
    return () => cross(next());
  });

  const asking = texts.group(`is ${kind} text wide`, [
    { name: "WIDE", open: () => (text: string): unknown => WIDE.test(text) },
    { name: "byteLength", open: () => (text: string) => Buffer.byteLength(text) },
  ]);
  forEachSize(asking, pattern, (ask, next) => () => ask(next()));
}

function over<F>(name: string, way: Way<F>) {
  return { name, open: () => ({ way, memory: new SharedArrayBuffer(MEMORY_BYTES) }) };
}

type Cross = (text: string) => string;

/** Writes and reads; the function is made for text like `sample`. */
function through(
  writer: Way<Write>,
  reader: Way<Read>,
  ...names: string[]
): Contender<(sample: string) => Cross> {
  return {
    name: [...new Set(names)].join(", "),
    open: () => (sample) => {
      const memory = new SharedArrayBuffer(MEMORY_BYTES);
      const write = writer.over(memory, writer.formatOf(sample));
      const read = reader.over(memory, reader.formatOf(sample));
      return (text) => read(write(text));
    },
  };
}

/** A cell for each size; `next` gives text of that size, not always the same. */
function forEachSize<O>(
  group: Group<O>,
  pattern: string,
  prepare: (opened: O, next: () => string) => () => unknown,
): void {
  for (const size of TEXT_SIZES) {
    group.cell(`${group.title} ${sizeName(size)}`, (opened) => {
      const all = Array.from({ length: 4 }, () => text(pattern, size));
      let turn = 0;
      const run = prepare(opened, () => all[turn++ & 3]!);
      return { batch: () => kept = run() };
    }, { sync: true, roundMs: 50 });
  }
}

/** What nobody reads might not be computed. */
export let kept: unknown;
