/** Which items, and how many. */
export interface Wanted {
  readonly kind: "number" | "object" | "chunk";
  readonly count: number;
}

/** What everybody sends. */
export function* items({ kind, count }: Wanted): Generator<unknown, void> {
  for (let n = 0; n < count; n++) {
    yield kind === "number"
      ? n
      : kind === "object"
      ? { id: n, name: "an item", done: false }
      : new Uint8Array(65_536);
  }
}
