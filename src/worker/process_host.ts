/**
 * The host of a worker that is a process.
 *
 * @module
 */

import { noAttachments } from "../codec/attachments.ts";
import { Memory } from "../codec/memory.ts";
import { unpack } from "../codec/packed.ts";
import { findLaneMemory } from "../memory/lane_memory.ts";
import { takeEnvironment } from "../runtime/environment.ts";
import { parseProcessBoot } from "../runtime/handshake.ts";
import { exitProcess, leaveInterruptsToHost, onUncaughtError } from "../runtime/processes.ts";
import { keepAlive } from "../runtime/threads.ts";
import { processLayout } from "../transport/layout.ts";
import type { WorkerHost } from "./host.ts";

/**
 * @throws {Error} if the environment does not say where the host is
 */
export function processHost(): WorkerHost {
  const { name, sizes, bootBytes, hostProcess } = parseProcessBoot(
    takeEnvironment("KNITTING_PROCESS_WORKER_BOOT"),
  );
  const layout = processLayout(sizes, bootBytes);
  const lane = findLaneMemory(layout.totalBytes, name ?? undefined, hostProcess); // not covered: only in worker processes, which end without writing coverage
  leaveInterruptsToHost(); // from here on it ends with its host
  const memory = new Memory(lane.buffer);
  const { bootByte } = layout;
  return {
    boot: unpack(memory.bytes.subarray(bootByte, bootByte + bootBytes)),
    link: { memory, attachments: noAttachments, atomic: lane.atomic },
    bell: { words: memory.words, index: layout.hostBellWord },
    post: undefined,
    onUncaught: onUncaughtError,
    stayAlive: () => keepAlive().hold(),
    exit: exitProcess,
  };
}
