/**
 * From a fresh worker to a running loop.
 *
 * @module
 */

import { Decoder } from "../codec/decoder.ts";
import { Encoder } from "../codec/encoder.ts";
import { Memory } from "../codec/memory.ts";
import { noAttachments } from "../codec/attachments.ts";
import { letSignalsLook } from "../runtime/call_signal.ts";
import type { DebugLog } from "../runtime/debug.ts";
import {
  PROTOCOL,
  toPlainError,
  type WorkerBoot,
  type WorkerMessage,
} from "../runtime/handshake.ts";
import { ChannelConsumer, ChannelProducer } from "../transport/channel.ts";
import { Doorbell } from "../transport/doorbell.ts";
import { BELL, FROM_WORKER, laneLayout } from "../transport/layout.ts";
import { runBootstrap } from "./bootstrap.ts";
import { CallSignals } from "./call_signals.ts";
import { watchGlobals } from "./globals_log.ts";
import { guardWorker } from "./guards.ts";
import type { CarryingDecoder } from "./carried_calls.ts";
import type { WorkerHost } from "./host.ts";
import { WorkerLoop } from "./loop.ts";
import { MeasuredRunner } from "./measured_runner.ts";
import { type LoadedTasks, loadTasks } from "./task_loader.ts";
import { TaskRunner } from "./task_runner.ts";
import type { RunnerMaker } from "./metered_runner.ts";

/**
 * Guards the worker, loads the tasks, tells the host, and serves calls until the host says stop.
 *
 * @throws {Error} if host and worker do not understand each other, so that it cannot be told
 */
export async function boot(host: WorkerHost): Promise<void> {
  const data = host.boot as WorkerBoot;
  let post = host.post;
  let loop: WorkerLoop;
  let letEnd: () => void;
  try {
    check(data);
    const replies = replyChannel(host, data);
    post ??= postThrough(host, replies);
    letEnd = guardWorker(data);
    host.onUncaught?.((error) => { // not covered: only in worker processes, which end without writing coverage, and on Bun
      post!({ kind: "crashed", error: toPlainError(error) });
      letEnd();
      host.exit(1);
    });
    // A bootstrap may freeze what this changes.
    if (data.tasks.some(({ abortable }) => abortable)) letSignalsLook();
    loop = await prepare(host, data, replies, post);
  } catch (error) {
    if (post === undefined) throw error; // the host cannot be told: at least somebody reads it
    post({ kind: "failed", error: toPlainError(error) });
    return;
  }
  host.stayAlive();
  // Not awaited, because who awaits is a frame of the stacks of errors.
  return loop.run().then(() => {
    letEnd();
    host.exit(0);
  }, (error) => { // not covered: only if the loop itself fails
    // For example, there is no memory left to sleep with. As a rejection nobody would hear of it.
    queueMicrotask(() => {
      throw error;
    });
  });
}

function check(data: WorkerBoot): void {
  if (data?.protocol === PROTOCOL) return;
  throw new Error(
    `the worker speaks protocol ${PROTOCOL} and the host ${data?.protocol}: ` +
      "host and worker must load the same version of knitting",
  );
}

function replyChannel({ link, bell }: WorkerHost, { sizes }: WorkerBoot): ChannelProducer {
  return new ChannelProducer(link.memory.words, laneLayout(sizes).reply, bell, link.atomic);
}

/** Messages as values of the lane. What the worker says of itself counts against no limit. */
function postThrough({ link }: WorkerHost, replies: ChannelProducer) { // not covered: only in worker processes, which end without writing coverage
  // With a count of its own: these are no results.
  const memory = new Memory(link.memory.buffer);
  const encoder = new Encoder(memory, replies, noAttachments, Infinity);
  return (message: WorkerMessage): void => {
    encoder.send(FROM_WORKER, 0, message);
    replies.publish();
  };
}

async function prepare(
  host: WorkerHost,
  data: WorkerBoot,
  replies: ChannelProducer,
  post: (message: WorkerMessage) => void,
): Promise<WorkerLoop> {
  const log = data.debug === undefined
    ? undefined
    : (await import("../runtime/debug_log.ts")).createDebugLog(`w${data.worker}`, data.debug);

  const logGlobals = log?.on.globals === true ? watchGlobals(log) : undefined;
  await runBootstrap(data);
  if (data.bootstrap !== undefined) logGlobals?.("bootstrap");
  const { functions, failures } = await loadTasks(data.tasks, log);
  logGlobals?.("tasks");
  const measured = (data.sizes.measuredTasks ?? 0) > 0; // not covered: only for hosts that say nothing of it
  const makeRunner = measured ? (await import("./metered_runner.ts")).meteredRunner : plainRunner;
  const Carrying = data.carries.length > 0
    ? (await import("./carried_calls.ts")).CarryingDecoder
    : undefined;
  const loop = createLoop(host, data, replies, functions, log, makeRunner, Carrying);
  post({ kind: "ready", failures });
  log?.line("lifecycle", `ready tasks=${data.tasks.length}`);
  return loop;
}

const plainRunner: RunnerMaker = (encoderParts, parts, { measuresHeap }, atomic) => {
  const all = parts(new Encoder(...encoderParts));
  return measuresHeap ? new MeasuredRunner(atomic, ...all) : new TaskRunner(...all);
};

/** The loop of a worker that has found its functions, by task. */
export function createLoop(
  { link, bell: hostBell }: Pick<WorkerHost, "link" | "bell">,
  data: Pick<
    WorkerBoot,
    "sizes" | "maxPayloadBytes" | "tasks" | "timers" | "measuresHeap" | "traces" | "carries"
  >,
  replies: ChannelProducer,
  functions: LoadedTasks["functions"],
  log: DebugLog | undefined,
  makeRunner: RunnerMaker = plainRunner,
  Carrying?: typeof CarryingDecoder,
): WorkerLoop {
  const { memory, attachments, atomic } = link;
  const { words } = memory;
  const layout = laneLayout(data.sizes);
  const calls = new ChannelConsumer(words, layout.call, hostBell, atomic);
  const { signalCount } = data.sizes;
  const signals = new CallSignals(words, layout.signalsWord, signalCount, atomic);
  const signalLog = log?.on.signals === true ? log : undefined;
  const carrying = Carrying && new Carrying(memory, attachments, layout, data.carries);
  const tasks = data.tasks.map(({ name, abortable, streams, timed }, task) => ({
    name,
    f: carrying === undefined || !functions[task]
      ? functions[task]!
      : carrying.wrap(functions[task]),
    isSpecial: abortable || streams,
    abortable,
    streams,
    timed,
  }));
  const runner = makeRunner(
    [memory, replies, attachments, data.maxPayloadBytes],
    (encoder) => {
      encoder.forgets = true;
      const decoder = carrying ?? new Decoder(memory, attachments);
      return [tasks, signals, words, decoder, encoder, replies, signalLog];
    },
    data,
    atomic,
  );
  const bell = new Doorbell(words, BELL, atomic);
  return new WorkerLoop(memory, calls, runner, signals, bell, data.timers, atomic, signalLog);
}
