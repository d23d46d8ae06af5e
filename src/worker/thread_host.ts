/**
 * The host of a worker that is a thread.
 *
 * @module
 */

import { attachmentsOf, nothingBeside } from "../codec/attachments.ts";
import { Memory } from "../codec/memory.ts";
import type { ThreadBoot } from "../runtime/handshake.ts";
import { messageEnd, threadHandover } from "../runtime/threads.ts";
import { atomics } from "../transport/atomic.ts";
import { HOST_BELL } from "../transport/layout.ts";
import type { WorkerHost } from "./host.ts";

/**
 * @param startupData the thread's `workerData`, unchanged; by default it is fetched
 * @throws {Error} in a thread that `createPool` did not start, and the second time
 */
export function threadHost(startupData?: unknown): WorkerHost {
  const { bootData, ...rest } = threadHandover(startupData);
  const { boot, lane, host, pipe } = bootData as ThreadBoot;
  return {
    ...rest,
    boot,
    link: {
      memory: new Memory(lane),
      attachments: pipe === undefined ? nothingBeside : attachmentsOf(messageEnd(pipe)), // not covered: only in browsers, where tests/browser/ runs it
      atomic: atomics,
    },
    bell: { words: new Int32Array(host), index: HOST_BELL },
  };
}
