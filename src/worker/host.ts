/**
 * The host, as its worker has it.
 *
 * @module
 */

import type { LaneLink } from "../codec/link.ts";
import type { WorkerMessage } from "../runtime/handshake.ts";
import type { Bell } from "../transport/channel.ts";

/** What a worker has of its host, whatever kind of worker it is. */
export interface WorkerHost {
  /** What it is started with, unchecked. */
  readonly boot: unknown;
  readonly link: LaneLink;
  /** The host's doorbell. */
  readonly bell: Bell;
  /** The way to tell the host of this worker; `undefined` if it goes through the lane. */
  readonly post: ((message: WorkerMessage) => void) | undefined;
  /** Has `die` called with an error that nothing catches, where nobody else tells the host what it was. */
  readonly onUncaught?: (die: (error: unknown) => void) => void;
  /** Keeps this worker alive until {@linkcode exit}. */
  stayAlive(): void;
  /** Ends this worker. */
  exit(code: number): void;
}
