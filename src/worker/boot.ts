/**
 * From a fresh thread to a running loop.
 *
 * @module
 */

import { Decoder } from "../codec/decoder.ts";
import { Encoder } from "../codec/encoder.ts";
import { Memory } from "../codec/memory.ts";
import { attachmentsOf } from "../codec/attachments.ts";
import { letSignalsLook } from "../runtime/call_signal.ts";
import { runtime } from "../runtime/current.ts";
import type { DebugLog } from "../runtime/debug.ts";
import {
  PROTOCOL,
  toPlainError,
  type WorkerBoot,
  type WorkerMessage,
} from "../runtime/handshake.ts";
import type { ThreadHost } from "../runtime/runtime.ts";
import { messageEnd } from "../runtime/threads.ts";
import { atomics } from "../transport/atomic.ts";
import { ChannelConsumer, ChannelProducer } from "../transport/channel.ts";
import { Doorbell } from "../transport/doorbell.ts";
import { BELL, HOST_BELL, laneLayout } from "../transport/layout.ts";
import { runBootstrap } from "./bootstrap.ts";
import { CallSignals } from "./call_signals.ts";
import { watchGlobals } from "./globals_log.ts";
import { guardWorker } from "./guards.ts";
import { WorkerLoop } from "./loop.ts";
import { loadTasks } from "./task_loader.ts";
import { TaskRunner } from "./task_runner.ts";

/** Guards the worker, loads the tasks, tells the host, and serves calls until the host says stop. */
export async function boot(host: ThreadHost): Promise<void> {
  const post = (message: WorkerMessage): void => host.post(message);
  let loop: WorkerLoop;
  let letEnd: () => void;
  try {
    const data = checked(host.bootData);
    letEnd = guardWorker(data.console);
    if (data.signalCount > 0) letSignalsLook(); // a bootstrap may freeze what this changes
    loop = await prepare(data, post);
  } catch (error) {
    post({ kind: "failed", error: toPlainError(error) });
    return;
  }
  host.stayAlive();
  await loop.run();
  letEnd();
  host.exit();
}

function checked(bootData: unknown): WorkerBoot {
  const data = bootData as WorkerBoot;
  if (data?.protocol === PROTOCOL) return data;
  throw new Error(
    `the worker speaks protocol ${PROTOCOL} and the host ${data?.protocol}: ` +
      "host and worker must load the same version of knitting",
  );
}

async function prepare(
  data: WorkerBoot,
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
  const loop = createLoop(data, functions, log);
  post({ kind: "ready", failures });
  log?.line("lifecycle", `ready tasks=${data.tasks.length}`);
  return loop;
}

function createLoop(
  data: WorkerBoot,
  functions: Awaited<ReturnType<typeof loadTasks>>["functions"],
  log: DebugLog | undefined,
): WorkerLoop {
  const lane = new Memory(data.lane);
  const layout = laneLayout(data);
  const hostBell = { words: new Int32Array(data.host), index: HOST_BELL };
  const calls = new ChannelConsumer(lane.words, layout.call, hostBell, atomics);
  const replies = new ChannelProducer(lane.words, layout.reply, hostBell, atomics);
  const attachments = attachmentsOf(messageEnd(data.pipe), runtime);
  const encoder = new Encoder(lane, replies, attachments, data.maxPayloadBytes);
  encoder.forgets = true;
  const signals = new CallSignals(lane.words, layout.signalsWord, data.signalCount, atomics);
  const signalLog = log?.on.signals === true ? log : undefined;
  const runner = new TaskRunner(
    data.tasks.map(({ abortable, timed }, task) => ({ f: functions[task]!, abortable, timed })),
    signals,
    lane.words,
    new Decoder(lane, attachments),
    encoder,
    replies,
    signalLog,
  );
  const bell = new Doorbell(lane.words, BELL, atomics);
  return new WorkerLoop(
    lane.words,
    calls,
    runner,
    signals,
    bell,
    data.timers,
    atomics,
    signalLog,
  );
}
