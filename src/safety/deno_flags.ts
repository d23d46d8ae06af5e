/**
 * A policy as flags of Deno's. They are for processes: a thread of Deno's has the permissions of its
 * program, and what it gives up its program gives up, too.
 *
 * @module
 */

import { type Allowed, isNothing, type Policy } from "./policy.ts";
import type { Needs } from "./target.ts";

/** Deno's flags for a policy. */
export function denoFlags(policy: Policy, needs: Needs): readonly string[] {
  if (policy.mode === "unsafe") return ["--allow-all"];
  const { read, env, ffi, allowImport } = policy;
  return [
    "--no-prompt",
    ...allow("read", read === true ? true : [...read, ...policy.code(), ...needs.read]),
    ...deny("read", policy.denyRead),
    ...allow("write", policy.write),
    ...deny("write", policy.denyWrite),
    ...allow("net", policy.net),
    ...deny("net", policy.denyNet),
    // Deno has default hosts, also if nothing is said.
    ...(isNothing(allowImport) ? ["--deny-import"] : allow("import", allowImport)),
    ...allow("env", env.allow === true ? true : [...env.allow, ...needs.env]),
    ...deny("env", env.deny.filter((name) => !needs.env.includes(name))),
    ...allow("run", policy.run),
    ...deny("run", policy.denyRun),
    ...allow("ffi", ffi === true ? true : [...ffi, ...needs.ffi]),
    ...deny("ffi", policy.denyFfi.filter((path) => !needs.ffi.includes(path))),
    ...allow("sys", policy.sys),
    ...deny("sys", policy.denySys),
    ...lockFlags(policy),
  ];
}

function allow(name: string, list: Allowed): readonly string[] {
  if (list === true) return [`--allow-${name}`];
  return isNothing(list) ? [] : [`--allow-${name}=${joined(list)}`];
}

function deny(name: string, list: readonly string[]): readonly string[] {
  return list.length === 0 ? [] : [`--deny-${name}=${joined(list)}`];
}

/** Deno reads two commas as one that belongs to the path. */
function joined(list: readonly string[]): string {
  return [...new Set(list)].map((entry) => entry.replaceAll(",", ",,")).join(",");
}

function lockFlags({ deno: { lock, frozen } }: Policy): readonly string[] {
  if (lock === false) return ["--no-lock"];
  return lock === undefined ? [] : [`--lock=${lock}`, `--frozen=${frozen}`];
}
