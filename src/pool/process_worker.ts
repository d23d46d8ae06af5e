/**
 * Workers that are processes: one memory object for each, which holds everything that its host and it
 * say to each other.
 *
 * @module
 */

import { noAttachmentsFrom } from "../codec/attachments.ts";
import { Memory } from "../codec/memory.ts";
import { pack } from "../codec/packed.ts";
import { packBootData } from "../memory/boot_data.ts";
import type { Sender } from "../memory/crossing.ts";
import { createLaneMemory, unlinkLaneMemory } from "../memory/lane_memory.ts";
import { laneName } from "../memory/lane_name.ts";
import { POOL_DEPTH, PROCESS_BOOT_VERSION, type ProcessBoot } from "../runtime/handshake.ts";
import { startProcess } from "../runtime/processes.ts";
import type { RunningProcess } from "../runtime/runtime.ts";
import { processId, SELF_STARTING } from "../runtime/threads.ts";
import { Doorbell } from "../transport/doorbell.ts";
import { processLayout } from "../transport/layout.ts";
import { bootOf, type WorkerKind, type WorkerLink, type WorkerSettings } from "./worker_kind.ts";

/** What processes have of their own; what their policy lets them name as memory, and whether a sandbox holds them. */
export interface ProcessOptions extends Pick<Sender, "mayName" | "sandboxed"> {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** All of the environment, but for what the library adds. */
  readonly environment: Readonly<Record<string, string>>;
  /** What names of memory begin with; `undefined` if memory has none and is inherited. */
  readonly namePrefix: string | undefined;
  /** Whether names are removed when they are not needed any more. */
  readonly unlink: boolean;
}

/** Workers that are processes. */
export function processWorkers(settings: WorkerSettings, options: ProcessOptions): WorkerKind {
  // Before anything starts: what cannot go there is an error of the caller's.
  const bootstrapData = packBootData(settings.bootstrap?.data);
  return {
    bellPerWorker: true,
    open: (worker) => openProcess(worker, settings, options, bootstrapData),
  };
}

function openProcess(
  worker: number,
  settings: WorkerSettings,
  options: ProcessOptions,
  bootstrapData: unknown,
): WorkerLink {
  const bootBytes = pack(bootOf(worker, settings, bootstrapData));
  const { sizes, selfStart } = settings;
  const layout = processLayout(sizes, bootBytes.length);
  const { namePrefix } = options;
  const name = namePrefix === undefined ? undefined : laneName(namePrefix, worker);
  const lane = createLaneMemory(layout.totalBytes, name);
  const memory = new Memory(lane.buffer);
  memory.bytes.set(bootBytes, layout.bootByte);
  const boot: ProcessBoot = {
    version: PROCESS_BOOT_VERSION,
    name: name ?? null,
    sizes,
    bootBytes: bootBytes.length,
    hostProcess: processId,
  };
  let running: RunningProcess | undefined;
  const { mayName, sandboxed } = options;
  const owns = (process: number): boolean => running?.owns(process) === true;
  let isNamed = name !== undefined;
  const unlink = (): void => {
    if (isNamed && options.unlink) unlinkLaneMemory(name!);
    isNamed = false;
  };
  return {
    memory,
    attachments: noAttachmentsFrom({ mayName, sandboxed, owns }),
    atomic: lane.atomic,
    bell: new Doorbell(memory.words, layout.hostBellWord, lane.atomic),
    speaksInLane: true,
    startGraceMs: 0,
    startupHint: "; its standard error says why",
    start(events) {
      const { command } = options;
      const started = running = startProcess({
        command,
        environment: {
          ...options.environment,
          [POOL_DEPTH]: "1", // a worker itself starts no others
          KNITTING_PROCESS_WORKER: selfStart ? SELF_STARTING : "1", // not covered: only in a bundle, which tests/package/ runs
          KNITTING_PROCESS_WORKER_BOOT: JSON.stringify(boot),
        },
        stdin: name === undefined ? lane.handle : undefined,
      }, {
        ...events,
        exit(code, signal) {
          lane.letGo(); // for the host a wrapper is the worker, but it may have left one behind
          events.exit(code, signal);
        },
      });
      settings.log?.line( // not covered: only with debug and processes
        "host",
        `worker process=${worker} mode=process command=${command.join(" ")}`,
      );
      return {
        terminate() {
          lane.letGo();
          started.terminate();
        },
      };
    },
    found: unlink,
    close() {
      unlink();
      lane.letGo();
      lane.close();
    },
  };
}
