/**
 * What this thread knows of memory by itself. Text of another process is held against it: what such a
 * text says of memory is not believed.
 *
 * @module
 */

import { nativeLibrary } from "../native/library.ts";

/** The memory that this thread has made, opened or sent by a name, until the name is removed. */
const named = new Map<string, number>();
/** So many names are kept without asking whether they are there still: others may have removed them. */
const FEW_NAMES = 1024;
let mostNames = FEW_NAMES;
const ENOENT = 2;

/**
 * Lanes that this thread has made. Those with names are known by these: the system numbers memory with a
 * name and memory without one each for itself, so the same number means nothing.
 */
const lanes = new Set<number | string>();

/**
 * From now on other processes may speak of this memory.
 *
 * @param identity as of `NativeMapping`: somebody may have put other memory there by the time it is named
 */
export function knowName(name: string, identity: number): void {
  named.set(name, identity);
  if (named.size <= mostNames) return;
  for (const [name, identity] of named) {
    if (isGone(name, identity)) named.delete(name);
  }
  mostNames = Math.max(FEW_NAMES, 2 * named.size);
}

function isGone(name: string, identity: number): boolean {
  const { call } = nativeLibrary();
  const handle = call.knit_memory_open_named(name);
  if (handle < 0) return handle === -ENOENT;
  const isOther = call.knit_memory_identity(handle) !== identity;
  call.knit_handle_close(handle);
  return isOther;
}

/** The name is gone. */
export function forgetName(name: string): void {
  named.delete(name);
}

/** What has this name, as far as this thread knows. */
export function identityOfName(name: string): number | undefined {
  return named.get(name);
}

/** A lane, by its identity, or by its name if it has one. What is returned ends that. */
export function knowLane(lane: number | string): () => void {
  lanes.add(lane);
  return () => void lanes.delete(lane);
}

/** Whether that is a lane. It belongs to the host and one worker, and is nothing that a task returns. */
export function isLane(lane: number | string): boolean {
  return lanes.has(lane);
}
