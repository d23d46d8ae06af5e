/**
 * Tries out kinds of workers, each in a pool as a user would make it.
 *
 * @module
 */

import { createPool, type Pool, type PoolPermissions, type WorkerOptions } from "../../mod.ts";
import { openMessageThread } from "../runtime/message_thread.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import { runChecks, within } from "./checks.ts";
import { type Effort, measure, ratios } from "./measure.ts";
import type { Enforcement, Latency, SubjectResult } from "./report.ts";
import {
  abortsSeen,
  dies,
  echo,
  fails,
  increment,
  never,
  untilAborted,
  whereAmI,
} from "./tasks.ts";
import { DoctorError, troubleOf } from "./troubles.ts";

const tasks = { abortsSeen, dies, echo, fails, increment, never, untilAborted, whereAmI };

/** A pool with the tasks of the self-test. */
export type TestPool = Pool<typeof tasks>;

/** A kind of workers. */
export interface Subject {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly version: string;
  /** As for `createPool`; threads if left out. */
  readonly worker: Pick<WorkerOptions, "runtime" | "processRuntime" | "sandbox">;
}

/** What came of one. */
interface Tried {
  readonly result: SubjectResult;
  /** `undefined` if there is no such pool. */
  readonly enforcement: Enforcement | undefined;
}

/** More than workers may take to get ready, on a machine that does much else. */
const START_MS = 15_000;

/**
 * Tries one out. What `createPool` refuses is not available; everything after that must work.
 *
 * @param postMessage what to compare with
 * @param shares whether memory that processes share is to be had
 */
export async function trySubject(
  subject: Subject,
  effort: Effort,
  postMessage: Latency | null,
  shares: boolean,
): Promise<Tried> {
  const { name, runtime, worker } = subject;
  const about = {
    name,
    worker: worker.runtime ?? "thread",
    runtime,
    sandbox: worker.sandbox ?? null,
  };
  const nothing = { startMs: null, checks: [], latency: null, toPostMessage: null };
  const startMs = performance.now();
  let pool: TestPool;
  try {
    pool = createPool({ threads: 1, worker, permission: "strict" })(tasks);
  } catch (error) {
    const trouble = troubleOf(error);
    const result = { ...about, ...nothing, available: false, trouble, ok: true };
    return { result, enforcement: undefined };
  }
  const enforcement = enforcementOf(pool.permissions);
  try {
    await within(pool.ready(), START_MS, "the start of a worker");
    const readyMs = Math.round(performance.now() - startMs);
    await expectRuntime(pool, subject);
    const checks = await runChecks(pool, shares);
    const ok = checks.every(({ ok }) => ok);
    const latency = ok ? await measure((value) => pool.call.echo(value), effort) : null;
    const toPostMessage = latency && postMessage && ratios(latency, postMessage);
    const rest = { startMs: readyMs, checks, latency, toPostMessage };
    return { result: { ...about, ...rest, available: true, trouble: null, ok }, enforcement };
  } catch (error) {
    const trouble = troubleOf(error);
    return {
      result: { ...about, ...nothing, available: true, trouble, ok: false },
      enforcement,
    };
  } finally {
    await pool.shutdown();
  }
}

/** What a bare `postMessage` takes to a thread and back. */
export async function measureMessages(effort: Effort): Promise<Latency> {
  const thread = openMessageThread();
  try {
    await within(thread.roundTrip(0), START_MS, "the start of a thread");
    return await measure((value) => thread.roundTrip(value), effort);
  } finally {
    await thread.close();
  }
}

/** A program need not be what it is called. */
async function expectRuntime(pool: TestPool, { runtime, version }: Subject): Promise<void> {
  const expected = `${runtime} ${version}`;
  const received = await within(pool.call.whereAmI(), START_MS, "the first call");
  if (received === expected) return;
  throw new DoctorError(
    "KNT_DOCTOR_WRONG",
    `workers were to run on ${expected}, and run on ${received}`,
  );
}

/** Of what a pool says of its permissions, who enforces each rule. */
function enforcementOf({ mode: _, gaps: __, ...rules }: PoolPermissions): Enforcement {
  return Object.fromEntries(
    Object.entries(rules).map(([rule, { enforcedBy }]) => [rule, enforcedBy]),
  );
}
