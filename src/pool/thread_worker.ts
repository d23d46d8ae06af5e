/**
 * Workers that are threads: shared memory of this process, and a pipe beside it.
 *
 * @module
 */

import { attachmentsOf, nothingBeside } from "../codec/attachments.ts";
import { Memory } from "../codec/memory.ts";
import { packBootData } from "../memory/boot_data.ts";
import type { ThreadBoot } from "../runtime/handshake.ts";
import type { ThreadSetup } from "../runtime/runtime.ts";
import { messagePipe, startThread } from "../runtime/threads.ts";
import { atomics } from "../transport/atomic.ts";
import { Doorbell } from "../transport/doorbell.ts";
import { HOST_BELL, HOST_WORDS, laneLayout } from "../transport/layout.ts";
import { bootOf, type WorkerKind, type WorkerLink, type WorkerSettings } from "./worker_kind.ts";

/** What threads have of their own. */
type ThreadOptions = Pick<ThreadSetup, "execArgv" | "resourceLimits" | "environment">;

/** A thread may not be terminated while it loads modules: it sees the request when it is through. */
const START_GRACE_MS = 1_000;

/** A block of memory that the workers of a group ring at. */
interface HostBlock {
  readonly buffer: SharedArrayBuffer;
  readonly bell: Doorbell;
}

/** Workers that are threads. */
export function threadWorkers(settings: WorkerSettings, options: ThreadOptions): WorkerKind {
  const blocks: HostBlock[] = [];
  const blockOf = (group: number): HostBlock => blocks[group] ??= hostBlock();
  return {
    bellPerWorker: false,
    open: (worker, group) => openThread(worker, blockOf(group), settings, options),
  };
}

function hostBlock(): HostBlock {
  const buffer = new SharedArrayBuffer(HOST_WORDS * 4);
  return { buffer, bell: new Doorbell(new Int32Array(buffer), HOST_BELL, atomics) };
}

function openThread(
  worker: number,
  { buffer: host, bell }: HostBlock,
  settings: WorkerSettings,
  options: ThreadOptions,
): WorkerLink {
  const lane = new SharedArrayBuffer(laneLayout(settings.sizes).totalBytes);
  const pipe = messagePipe();
  const boot = bootOf(worker, settings, packBootData(settings.bootstrap?.data));
  const bootData: ThreadBoot = { boot, lane, host, pipe: pipe?.far };
  const { entry, selfStart } = settings;
  return {
    memory: new Memory(lane),
    attachments: pipe === undefined ? nothingBeside : attachmentsOf(pipe.near), // not covered: only in browsers, where tests/browser/ runs it
    atomic: atomics,
    bell,
    speaksInLane: false,
    startupHint: "",
    startGraceMs: START_GRACE_MS,
    start(events) {
      const name = `knitting-w${worker}`;
      const transfer = pipe === undefined ? [] : [pipe.far]; // not covered: only in browsers, where tests/browser/ runs it
      const thread = startThread(
        { entry, selfStart, name, bootData, transfer, ...options },
        events,
      );
      settings.log?.line("host", `worker thread=${worker} mode=thread url=${entry}`);
      return thread;
    },
    found() {},
    close: () => pipe?.near.close(),
  };
}
