/**
 * Node.
 *
 * @module
 */

import { process } from "./builtins.ts";
import { loadAddon } from "./native_module.ts";
import { nodeFiles } from "./node_files.ts";
import { RawMemory } from "./raw_memory.ts";
import type { Runtime } from "./runtime.ts";

/** Moving memory costs a few microseconds, however much it is; it saves one copy. */
const MOVE_FROM_BYTES = 262144;

/** The adapter for Node. */
export const adapter: Runtime = {
  name: "node",
  rawMemory: (buffer) => new RawMemory(buffer),
  hasPipes: true,
  prefersMessage: () => false,
  prefersMove: (lengthBytes) => lengthBytes >= MOVE_FROM_BYTES,
  hasAsyncStacks: true,
  hasThreadFlags: true,
  files: nodeFiles,
  bindFunctions: loadAddon,
  dropNative,
};

/** Not every version can. */
function dropNative(paths: readonly string[]): void { // not covered: only under Node's permission model, which turns coverage off
  const { permission } = process as { permission?: { drop?(scope: string): void } };
  if (paths.length > 0) permission?.drop?.("addon");
}
