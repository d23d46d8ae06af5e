/**
 * Random pools and random calls, as plain data, and what each call may settle with.
 *
 * @module
 */

import fc from "fast-check";
import type { CallOptions, Options } from "../../mod.ts";
import type { Act } from "../fixtures/chaos_functions.ts";
import { LATE } from "../fixtures/chaos_tasks.ts";
import { strategies } from "./strategies.ts";

/** What the tasks of chaos_tasks.ts declare. */
export const TASKS = {
  plain: {},
  imported: {},
  abortable: { abortable: true },
  timed: { timeout: "code" },
  timedDefault: { timeout: "default" },
  timedMaybe: { timeout: "maybe" },
  timedReason: { timeout: "reason" },
  timedAbortable: { abortable: true, timeout: "code" },
} as const;

type TaskName = keyof typeof TASKS;

/** One call, and what is done to it. Times are in milliseconds; -1 is at once, 0 in a microtask. */
export interface Step {
  readonly task: TaskName;
  readonly act: Act;
  readonly ms: number;
  /** Characters of its text. */
  readonly length: number;
  readonly argument: "plain" | "later" | "rejects" | "never" | "unencodable";
  /** When it is made. */
  readonly at: number;
  /** `promise.reject()`, or with a reason. */
  readonly reject: "no" | "ask" | "reason";
  readonly rejectAt: number;
  readonly signal: "no" | "aborted" | "later";
  readonly signalAt: number;
  readonly order: Pick<CallOptions, "priority" | "key">;
}

export interface Choices {
  /** Whether workers may die of a call. */
  readonly deadly: boolean;
  /** Whether calls may never end: something else ends all of them. */
  readonly endless: boolean;
}

const soon = fc.oneof(fc.constantFrom(-1, 0), fc.integer({ min: 1, max: 12 }));
const often = <T>(value: T, ...rare: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 3 * rare.length, arbitrary: fc.constant(value) },
    ...rare.map((value) => ({ weight: 1, arbitrary: fc.constant(value) })),
  );

export function aStep(choices: Choices): fc.Arbitrary<Step> {
  return fc.record({
    task: fc.constantFrom(...Object.keys(TASKS) as TaskName[]),
    act: fc.oneof(
      { weight: 24, arbitrary: fc.constantFrom<Act>("value", "timer", "echo") },
      { weight: 4, arbitrary: fc.constantFrom<Act>("untilAborted", "spinUntilAborted") },
      { weight: 4, arbitrary: fc.constantFrom<Act>("throw", "reject", "badResult", "never") },
      { weight: 2, arbitrary: fc.constant<Act>("spin") },
      { weight: choices.deadly ? 1 : 0, arbitrary: fc.constantFrom<Act>("crash", "crashLater") },
    ),
    ms: fc.nat(8),
    length: fc.oneof(fc.nat(100), fc.constantFrom(1000, 60_000, 200_000)),
    argument: often<Step["argument"]>("plain", "later", "rejects", "never", "unencodable"),
    at: fc.oneof(fc.constant(-1), soon),
    reject: often<Step["reject"]>("no", "ask", "reason"),
    rejectAt: soon,
    signal: often<Step["signal"]>("no", "aborted", "later"),
    signalAt: soon,
    order: often<Step["order"]>({}, { priority: 1 }, { priority: -0.5 }, { key: 1 }, { key: 2 }),
  }).map((step) => endingStep(step, choices));
}

/** The same, or nearly, but sure to end. */
function endingStep(step: Step, { endless }: Choices): Step {
  let { task, act, argument, reject } = step;
  if (act === "crash" || act === "crashLater") task = "imported";
  if (act === "untilAborted" || act === "spinUntilAborted") {
    if (!isAbortable(task)) task = "abortable";
    if (reject === "no" && step.signal === "no") reject = "ask";
  }
  if (!isAbortable(task)) reject = "no";
  // A number of an abort-aware call is taken until its task ends.
  else if (act === "never") act = "timer";
  const endsEarly = "timeout" in TASKS[task] || step.signal !== "no" || reject === "reason";
  if (act === "never" && !endsEarly && !endless) act = "value";
  if (argument === "never" && !endsEarly && !endless) argument = "later";
  return { ...step, task, act, argument, reject };
}

const isAbortable = (task: TaskName): boolean => "abortable" in TASKS[task];

/** Nothing but the hard limit ends it. */
export const endlessStep: Step = {
  task: "imported",
  act: "endless",
  ms: 0,
  length: 0,
  argument: "plain",
  at: -1,
  reject: "no",
  rejectAt: 0,
  signal: "no",
  signalAt: 0,
  order: {},
};

/** What a random pool is made from. */
export const poolOptions: fc.Arbitrary<Options> = fc.record({
  size: fc.oneof(
    fc.record({ threads: fc.integer({ min: 1, max: 3 }) }),
    fc.record({
      minThreads: fc.integer({ min: 0, max: 1 }),
      maxThreads: fc.integer({ min: 1, max: 3 }),
      idleTimeoutMs: fc.constantFrom(1, 20, Infinity),
    }),
  ),
  recycle: fc.option(fc.record({ maxTasks: fc.integer({ min: 1, max: 30 }) }), { nil: undefined }),
  inliner: fc.option(
    fc.record({
      position: fc.constantFrom("first" as const, "last" as const),
      batchSize: fc.integer({ min: 1, max: 4 }),
      dispatchThreshold: fc.integer({ min: 1, max: 3 }),
    }),
    { nil: undefined },
  ),
  balancer: fc.constantFrom("default" as const, ...strategies),
  abortSignalCapacity: fc.integer({ min: 1, max: 20 }),
  host: fc.record({
    dispatcher: fc.constantFrom("per-thread" as const, "serial-channel" as const),
    maxBackoffMs: fc.constantFrom(Infinity, Infinity, 0, 1, 20),
    stallFreeLoops: fc.constantFrom(0, 128),
  }),
  payload: fc.record({ payloadInitialBytes: fc.constantFrom(64, 64 * 1024, 4 * 1024 * 1024) }),
}).map(({ size, recycle, inliner, balancer, ...options }) => ({
  ...options,
  ...size,
  ...(recycle && { recycle }),
  ...(inliner && { inliner }),
  ...(balancer !== "default" && { balancer }),
}));

/** What may have happened to the pool of a call. */
export interface Circumstances {
  readonly inline: boolean;
  /** Whether some worker may have died. */
  readonly deaths: boolean;
  readonly hardTimeout: boolean;
  /** Whether the pool was shut down, and if so whether calls made before were to settle first. */
  readonly closing: "no" | "at once" | "finishing";
}

/** What the call was given that nobody else has. */
export interface Tokens {
  readonly id: number;
  readonly text: string;
  readonly argumentReason: unknown;
  readonly rejectReason: unknown;
  readonly signalReason: unknown;
}

/** Whether a call may settle like this. */
export function mayBe(
  step: Step,
  outcome: PromiseSettledResult<unknown>,
  tokens: Tokens,
  circumstances: Circumstances,
): boolean {
  return outcome.status === "fulfilled"
    ? mayFulfil(step, outcome.value, tokens, circumstances)
    : mayReject(step, outcome.reason, tokens, circumstances);
}

/** Whether the argument can get to the task. */
function mayRun({ task, argument }: Step, inline: boolean): boolean {
  if (argument === "unencodable") return inline && task !== "imported";
  return argument === "plain" || argument === "later";
}

function mayFulfil(
  step: Step,
  value: unknown,
  { id, text }: Tokens,
  { inline }: Circumstances,
): boolean {
  const { task, act, signal, reject } = step;
  if (signal === "aborted") return false;
  if (task === "timedDefault" && value === "default") return true;
  if (task === "timedMaybe" && value === undefined) return true;
  if (!mayRun(step, inline)) return false;
  switch (act) {
    case "value":
    case "timer":
    case "spin":
    case "crashLater":
      return value === id;
    case "echo":
      return value === text;
    case "badResult":
      return inline && task !== "imported" && value instanceof Map && value.get(id) === id;
    case "untilAborted":
      return value === "aborted" && reject === "ask";
    case "spinUntilAborted":
      return value === id || (value === "aborted" && reject === "ask");
    default:
      return false;
  }
}

function mayReject(
  step: Step,
  reason: unknown,
  { id, argumentReason, rejectReason, signalReason }: Tokens,
  { inline, deaths, hardTimeout, closing }: Circumstances,
): boolean {
  const { task, act, argument, signal, reject } = step;
  const code = reason instanceof Error ? (reason as { code?: unknown }).code : undefined;
  if (code === "KNT_ERROR_CLOSED") {
    // What it says if the call was made too late.
    return closing === "finishing"
      ? (reason as Error).message === "Pool is shut down"
      : closing === "at once";
  }
  if (signal !== "no" && reason === signalReason) return true;
  if (signal === "aborted") return false;
  if (reject === "reason" && reason === rejectReason) return true;
  if (argument === "rejects" && reason === argumentReason) return true;
  if (task === "timedReason" && reason === LATE) return true;
  switch (code) {
    case "KNT_ERROR_TIMEOUT":
      return task === "timed" || task === "timedAbortable";
    case "KNT_ERROR_ABORT_CAPACITY":
      return isAbortable(task);
    case "KNT_ERROR_3":
      return argument === "unencodable" || act === "badResult";
    case "KNT_ERROR_HARD_TIMEOUT":
      return hardTimeout;
    case "KNT_ERROR_WORKER_CRASHED":
      return deaths;
    case "KNT_ERROR_WORKER_EXITED":
      return deaths || hardTimeout;
  }
  return mayRun(step, inline) && (act === "throw" || act === "reject") &&
    reason instanceof RangeError &&
    reason.message === `thrown by ${id}`;
}
