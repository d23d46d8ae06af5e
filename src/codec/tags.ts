/**
 * The numbers that name kinds of values on the wire. They are part of the wire format: a golden test
 * (`tests/codec/golden_test.ts`) holds them.
 *
 * @module
 */

/** What a slot, or a place in a structured payload, holds. */
export const Tag = {
  Undefined: 0,
  Null: 1,
  False: 2,
  True: 3,
  /** 8 bytes, float64. */
  Number: 4,
  /** 8 bytes, int64. */
  BigInt64: 5,
  /** Text: optional minus sign and hexadecimal digits. */
  BigInt: 6,
  String: 7,
  /** Text: the key of `Symbol.for`. */
  Symbol: 8,
  /** 8 bytes, float64: milliseconds since 1970. */
  Date: 9,
  /** Text: an object or array that JSON carries without change. */
  Json: 10,
  /** A tagged walk of an object, array or error; see kinds/structured.ts. */
  Structured: 11,
  /** Header, then body; see kinds/envelope.ts. */
  Envelope: 12,
  /** The memory itself, attached. */
  SharedArrayBuffer: 13,
  ArrayBuffer: 14,
  /** The first of the views; the others follow in the order of kinds/bytes.ts. */
  FirstView: 15,
  /** Its buffer, attached; two float64 say which bytes of it are shown. */
  BufferReference: 32,
  /** Text: which memory it is; see memory/crossing.ts. */
  ProcessSharedBuffer: 33,

  /** Nothing: the items follow; see pool/argument_source.ts. */
  Stream: 34,

  /** Inside structured payloads only. */
  Object: 40,
  Array: 41,
  Hole: 42,
  Error: 43,
  ErrorAgain: 44,
} as const;

/** Tags of what travels as text. */
export type TextTag = typeof Tag[
  "BigInt" | "String" | "Symbol" | "Json" | "ProcessSharedBuffer"
];

/** What a kind's encode function returns when there is no room now; otherwise flags and tag. */
export const NO_SPACE = -1;

/** Flags beside the tag. */
export const Flag = {
  /** Text is two bytes a character. */
  TwoByte: 1,
  /** Text is not in shared memory but attached. */
  Attached: 2,
  /** A reply that rejects. */
  Rejected: 8,
  /** Not the reply yet: the task has returned a promise. */
  Promised: 16,
  /** Not the reply yet: an item of a stream. */
  Item: 32,
  /** Not the reply yet, or with an item: the sender asks to hear when everything up to here is read. */
  Asks: 64,
  /** Not the reply yet: the task asks for items of its argument, or says how many of them it has read. */
  Pulls: 128,
} as const;

/** The flags of what is not yet the reply to a call. */
export const NOT_THE_REPLY: number = Flag.Promised | Flag.Item | Flag.Asks |
  Flag.Pulls;

/** Packs the head word of a slot. */
export function packHead(task: number, flags: number, tag: number): number {
  return (task << 16) | (flags << 8) | tag;
}

/** Task id in a head word. */
export function headTask(head: number): number {
  return head >>> 16;
}

/** Flags in a head word. */
export function headFlags(head: number): number {
  return (head >>> 8) & 0xff;
}

/** Tag in a head word. */
export function headTag(head: number): number {
  return head & 0xff;
}
