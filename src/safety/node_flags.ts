/**
 * A policy as flags of Node's permission model.
 *
 * @module
 */

import type { FileView } from "./file_view.ts";
import { nodeGrants } from "./node_grants.ts";
import { isNothing, type Policy } from "./policy.ts";
import { type Needs, nodeHasFfi, nodeHasNet, nodeHasSqlite, type Target } from "./target.ts";

/**
 * Node's flags for a policy; none in mode `"unsafe"`. What Node cannot express is left to
 * `enforcement.ts` to tell.
 */
export function nodeFlags(
  policy: Policy,
  target: Target,
  needs: Needs,
  files: FileView,
): readonly string[] {
  if (policy.mode === "unsafe") return [];
  const { read, write, node, run, net } = policy;
  const flags = ["--permission"];
  const mayRead = nodeGrants(read, policy.denyRead, files);
  const forCode = nodeGrants([...policy.code(), ...needs.read], policy.denyRead, files);
  for (const path of new Set([...mayRead, ...(read === true ? [] : forCode)])) {
    flags.push(`--allow-fs-read=${path}`);
  }
  const mayWrite = nodeGrants(write, policy.denyWrite, files);
  for (const path of mayWrite) flags.push(`--allow-fs-write=${path}`);
  if (nodeHasNet(target) && !isNothing(net)) flags.push("--allow-net");
  const dangerous = [
    ...(node.workers ? ["--allow-worker"] : []),
    ...(isNothing(run) ? [] : ["--allow-child-process"]),
    ...(node.wasi ? ["--allow-wasi"] : []),
    ...(node.ffi && nodeHasFfi(target) ? ["--allow-ffi"] : []),
    ...(node.addons || needs.ffi.length > 0 ? ["--allow-addons"] : []),
  ];
  // Node says on standard error, in every worker, that these are dangerous. They are meant.
  if (dangerous.length > 0) flags.push(...dangerous, "--disable-warning=SecurityWarning");
  // SQLite would be a way around all of this, as native code is; a sandbox holds it.
  const isFree = [mayRead, mayWrite].every((paths) => paths.includes("*"));
  const isHeld = !isFree && !node.addons && !node.ffi && !target.sandboxed;
  if (nodeHasSqlite(target) && isHeld) flags.push("--no-experimental-sqlite");
  // Node lets a thread read the working directory, for lack of a main module; this says there is none.
  if (target.worker === "thread") flags.push("--interactive");
  return flags;
}
