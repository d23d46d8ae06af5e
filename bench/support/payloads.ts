/**
 * The values that benchmarks send.
 *
 * @module
 */

/** One value. */
export interface Payload {
  readonly name: string;
  readonly value: unknown;
  /** How many calls with it are issued together, besides one alone. */
  readonly together: number;
}

/** Values of one sort. */
export interface Payloads {
  readonly title: string;
  readonly payloads: readonly Payload[];
}

const KiB = 1024;
const MiB = 1024 * KiB;
const LARGE = 64 * KiB;

export const TEXT_SIZES: readonly number[] = [16, 256, 4 * KiB, 64 * KiB, MiB];
const BYTES_SIZES = [64, KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB];

/** "64 KiB". */
export function sizeName(bytes: number): string {
  if (bytes >= MiB) return `${bytes / MiB} MiB`;
  return bytes >= KiB ? `${bytes / KiB} KiB` : `${bytes} B`;
}

/** Text whose UTF-8 form is `bytes` long, in one piece: no engine has to join it first. */
export function text(pattern: string, bytes: number): string {
  const encoded = new TextEncoder().encode(pattern);
  const all = new Uint8Array(bytes).fill(0x2e); // dots, where no whole pattern fits
  for (let at = 0; at + encoded.length <= bytes; at += encoded.length) all.set(encoded, at);
  return new TextDecoder().decode(all);
}

export const ASCII = "The quick fox; ";
export const LATIN_1 = "Ça déjà vu ";
/** 15 bytes; one, two, three and four to a character. */
export const UNICODE = "é日本 🚀ab";

function texts(name: string, pattern: string): Payload[] {
  return TEXT_SIZES.map((bytes) => ({
    name: `${name} ${sizeName(bytes)}`,
    value: text(pattern, bytes),
    together: bytes < LARGE ? 100 : 16,
  }));
}

export function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7);
}

function row(id: number): object {
  return {
    id,
    name: `Name ${id}`,
    email: `user.${id}@example.com`,
    score: id * 1.25,
    active: id % 3 === 0,
    tags: ["a", "b"],
  };
}

export const strings: Payloads = { title: "ASCII strings", payloads: texts("string", ASCII) };

export const unicode: Payloads = {
  title: "other strings (sizes in UTF-8)",
  payloads: texts("unicode", UNICODE),
};

export const objects: Payloads = {
  title: "objects",
  payloads: [
    { name: "object small", value: row(1), together: 100 },
    { name: "object 500 rows", value: Array.from({ length: 500 }, (_, i) => row(i)), together: 16 },
  ],
};

const bytesPayloads = BYTES_SIZES.map((length): Payload => ({
  name: `bytes ${sizeName(length)}`,
  value: bytesOf(length),
  together: length < LARGE ? 100 : 16,
}));

export const bytes: Payloads = {
  title: "bytes",
  payloads: bytesPayloads.filter(({ together }) => together === 100),
};

export const largeBytes: Payloads = {
  title: "many bytes",
  payloads: bytesPayloads.filter(({ together }) => together < 100),
};

export const arrays: Payloads = {
  title: "typed arrays",
  payloads: [{
    name: "f64 array 1000",
    value: Float64Array.from({ length: 1000 }, (_, i) => i / 7),
    together: 100,
  }],
};
