/**
 * A program that is restricted itself gives its threads no more than it has.
 *
 * @module
 */

import { type FileView, isInside } from "./file_view.ts";
import type { Allowed, Policy } from "./policy.ts";

/** What Node's permission model lets the host do. */
interface HostPermissions {
  has(scope: string, path?: string): boolean;
  granted(scope: "fs.read" | "fs.write"): readonly string[];
}

/** The part of a policy that the host has itself. What is `"unsafe"` stays so: that is said on purpose. */
export function narrowed(policy: Policy, host: HostPermissions, files: FileView): Policy {
  if (policy.mode === "unsafe") return policy;
  const paths = (scope: "fs.read" | "fs.write", allowed: Allowed): Allowed => {
    if (host.has(scope)) return allowed;
    const granted = host.granted(scope);
    if (allowed === true) return granted;
    const inside = granted.filter((path) => allowed.some((one) => isInside(path, one, files)));
    return [...new Set([...allowed.filter((path) => host.has(scope, path)), ...inside])];
  };
  const { node } = policy;
  const mayRun = host.has("child");
  return {
    ...policy,
    read: paths("fs.read", policy.read),
    write: paths("fs.write", policy.write),
    code: () => paths("fs.read", policy.code()) as readonly string[],
    run: mayRun ? policy.run : [],
    workers: policy.workers && host.has("worker"),
    wasi: policy.wasi && host.has("wasi"),
    ffi: host.has("addon") ? policy.ffi : [],
    node: {
      workers: node.workers && host.has("worker"),
      addons: node.addons && host.has("addon"),
      ffi: node.ffi && host.has("ffi"),
      wasi: node.wasi && host.has("wasi"),
    },
  };
}
