/**
 * Node.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { process } from "./builtins.ts";
import { countCopy } from "./kept_memory.ts";
import { loadAddon } from "./native_module.ts";
import { nodeFiles } from "./node_files.ts";
import { nodeThread } from "./node_thread.ts";
import { RawMemory } from "./raw_memory.ts";
import type { Runtime } from "./runtime.ts";

/** Below this, what the engine does is as fast. */
const NATIVE_COPY_OUT_BYTES = 4096;

/**
 * From this length on Node has the characters of a text outside of V8's heap: `EXTERN_APEX` in
 * [string_bytes.cc](https://github.com/nodejs/node/blob/main/src/string_bytes.cc).
 */
const OUTSIDE_BYTES = 1_031_913;

/**
 * From this length on a text is the beginning of such a one, which holds up to twice the memory. Before version
 * 14 V8 takes memory for each text of 128 KB or more from the system anew: 512 KB take six times as long then.
 */
const CUT_FROM_BYTES = OUTSIDE_BYTES / (parseInt(process.versions.v8!) < 14 ? 2 : 1);

/**
 * V8 copies to and from shared memory a word at a time, so that no other thread sees half a word. Nobody reads
 * here before all of it is published, and what `Buffer` does natively is a `memcpy`: two to five times as fast.
 */
class NodeMemory extends RawMemory {
  override copyIn(source: Uint8Array, at: number, lengthBytes: number): void {
    // As long as the room, it fills it once.
    this.buffer.fill(source, at, at + lengthBytes);
  }

  override copyOut(at: number, lengthBytes: number): Uint8Array {
    if (lengthBytes < NATIVE_COPY_OUT_BYTES) return super.copyOut(at, lengthBytes);
    const copy = Buffer.allocUnsafeSlow(lengthBytes);
    this.buffer.copy(copy, 0, at, at + lengthBytes);
    countCopy(lengthBytes);
    return new Uint8Array(copy.buffer as ArrayBuffer);
  }

  override readOneByte(at: number, lengthBytes: number): string {
    const outside = Math.max(lengthBytes, OUTSIDE_BYTES);
    if (lengthBytes < CUT_FROM_BYTES || at + outside > this.bytes.length) {
      return super.readOneByte(at, lengthBytes);
    }
    countCopy(outside);
    return super.readOneByte(at, outside).slice(0, lengthBytes);
  }
}

/** Moving memory costs a few microseconds, however much it is; it saves one copy. */
const MOVE_FROM_BYTES = 262144;

/** The adapter for Node. */
export const adapter: Runtime = {
  name: "node",
  rawMemory: (buffer) => new NodeMemory(buffer),
  hasPipes: true,
  prefersMessage: () => false,
  prefersMove: (lengthBytes) => lengthBytes >= MOVE_FROM_BYTES,
  hasAsyncStacks: true,
  hasThreadFlags: true,
  passesErrors: true,
  startThread: nodeThread,
  files: nodeFiles,
  bindFunctions: loadAddon,
  dropNative,
};

/** Not every version can. */
function dropNative(paths: readonly string[]): void { // not covered: only under Node's permission model, which turns coverage off
  const { permission } = process as { permission?: { drop?(scope: string): void } };
  if (paths.length > 0) permission?.drop?.("addon");
}
