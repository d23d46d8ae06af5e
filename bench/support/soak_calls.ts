/**
 * Small calls of many kinds, each of which knows its right answer.
 *
 * @module
 */

import type { Random } from "./random.ts";
import type { FunctionName } from "./subject.ts";

/** A call to be made, any number of times. */
export interface SoakCall {
  readonly name: FunctionName;
  readonly argument: unknown;
  /** Whether it is to reject. */
  readonly rejects: boolean;
  isRight(answer: unknown): boolean;
}

type Kind = (random: Random) => unknown;

const text = (random: Random, alphabet: string): string =>
  Array.from({ length: random.below(60) }, () => alphabet[random.below(alphabet.length)]).join("");

const KINDS: readonly Kind[] = [
  (random) => random.next() * 1e6,
  (random) => random.below(2 ** 31) - 2 ** 30,
  (random) => random.pick([NaN, -0, Infinity, true, false, null, undefined]),
  (random) => BigInt(random.below(2 ** 31)) * BigInt(random.below(2 ** 31)),
  (random) => BigInt(random.below(2 ** 31)) ** 5n,
  (random) => text(random, "abcdefghij"),
  (random) => text(random, "aé日\ud83d"),
  (random) => Uint8Array.from({ length: random.below(200) }, () => random.below(256)),
  (random) => new Date(random.below(2 ** 31) * 1000),
  (random) => ({ id: random.below(1000), name: text(random, "xyz"), list: [1, random.next()] }),
  (random) => ({ id: random.below(1000), at: new Date(random.below(2 ** 31)), none: undefined }),
];

/** So many different calls. */
export function soakCalls(random: Random, count: number): SoakCall[] {
  return Array.from({ length: count }, () => soakCall(random));
}

function soakCall(random: Random): SoakCall {
  if (random.oneIn(100)) return failing(text(random, "why "));
  if (random.oneIn(20)) return { ...echoing(random.pick(KINDS)(random)), name: "echoLater" };
  return echoing(random.pick(KINDS)(random));
}

function echoing(value: unknown): SoakCall {
  return { name: "echo", argument: value, rejects: false, isRight: sameAs(value) };
}

function failing(message: string): SoakCall {
  return {
    name: "fail",
    argument: message,
    rejects: true,
    isRight: (reason) => reason instanceof Error && reason.message === message,
  };
}

/** A call whose task waits for a timer. */
export function sleeping(ms: number): SoakCall {
  return {
    name: "sleep",
    argument: ms,
    rejects: false,
    isRight: (us) => typeof us === "number" && us > (ms - 2) * 1000,
  };
}

function sameAs(value: unknown): (answer: unknown) => boolean {
  if (typeof value !== "object" || value === null) return (answer) => Object.is(answer, value);
  if (value instanceof Uint8Array) {
    return (answer) =>
      answer instanceof Uint8Array && answer.length === value.length &&
      answer.every((byte, at) => byte === value[at]);
  }
  const expected = fingerprint(value);
  return (answer) => fingerprint(answer) === expected;
}

/** Tells dates and `undefined` from the strings and nothing that JSON makes of them. */
function fingerprint(value: unknown): string {
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`;
  return Object.entries(value).map(([key, one]) => `${key}: ${fingerprint(one)}`).join(", ");
}
