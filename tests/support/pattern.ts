// Bytes that differ from seed to seed and from place to place, quickly made and checked. The first
// four are the seed itself, big-endian.

const STEP = 0x9e3779b1;

/** Fills `bytes`, at least four. */
export function fillPattern(bytes: Uint8Array, seed: number): void {
  const words = wordsOf(bytes);
  for (let i = 0, word = seed | 0; i < words.length; i++) {
    word = Math.imul(word ^ (word >>> 15), STEP) + i | 0;
    words[i] = word;
  }
  for (let i = words.length * 4; i < bytes.length; i++) bytes[i] = seed + i;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, seed);
}

/** Index of the first byte that is not what {@linkcode fillPattern} wrote, or -1. */
export function findMistake(bytes: Uint8Array, seed: number): number {
  if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) !== seed >>> 0) return 0;
  const words = wordsOf(bytes);
  for (let i = 0, word = seed | 0; i < words.length; i++) {
    word = Math.imul(word ^ (word >>> 15), STEP) + i | 0;
    if (i > 0 && words[i] !== word) return i * 4;
  }
  for (let i = words.length * 4; i < bytes.length; i++) {
    if (bytes[i] !== (seed + i & 0xff)) return i;
  }
  return -1;
}

function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}
