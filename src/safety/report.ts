/**
 * What a pool tells of its permissions, in `pool.permissions`, warnings and errors.
 *
 * @module
 */

import { type Enforcer, type Finding, gapsIn, isCoarse } from "./enforcement.ts";
import type { Allowed, Policy, PolicyField } from "./policy.ts";
import { labelOf, type Target } from "./target.ts";

/** A rule, and who enforces it. */
export interface EnforcedPermission {
  /** What is allowed, `true` for everything, and what is denied in spite of it. */
  readonly policy: { readonly allow: true | readonly string[]; readonly deny: readonly string[] };
  /**
   * `"os"`: the system. `"runtime"`: Node's or Deno's permissions. `"guard"`: only a guardrail of the
   * library's own, which code that looks for another way gets around. `"none"`: nobody, also because
   * everything is allowed.
   */
  readonly enforcedBy: Enforcer;
}

/** What workers of a pool may do, and what really keeps them to it. Frozen. */
export interface PoolPermissions {
  /** As `permission.mode`. */
  readonly mode: "strict" | "unsafe" | "custom";
  /** Files and folders that can be read. */
  readonly read: EnforcedPermission;
  /** Files and folders that can be written. */
  readonly write: EnforcedPermission;
  /** Hosts. */
  readonly net: EnforcedPermission;
  /** Hosts that modules can be imported from. */
  readonly allowImport: EnforcedPermission;
  /** Environment variables. */
  readonly env: EnforcedPermission;
  /** Programs. */
  readonly run: EnforcedPermission;
  /** Workers that task code starts. */
  readonly workers: EnforcedPermission;
  /** Native libraries. */
  readonly ffi: EnforcedPermission;
  /** Questions about the system. */
  readonly sys: EnforcedPermission;
  /** WASI modules. */
  readonly wasi: EnforcedPermission;
  /** `console`; never more than a guardrail. */
  readonly console: EnforcedPermission;
  /** Rules that are not enforced by runtime or system, as `permission` calls them, with the reason. */
  readonly gaps: readonly { readonly permission: string; readonly reason: string }[];
}

/** The rules that are made of fields. */
type FieldRule = Exclude<keyof PoolPermissions, "mode" | "console" | "gaps">;

/** Which rule each field is told under. */
const RULE_OF: Readonly<Record<PolicyField, FieldRule>> = {
  read: "read",
  denyRead: "read",
  write: "write",
  denyWrite: "write",
  net: "net",
  denyNet: "net",
  allowImport: "allowImport",
  env: "env",
  denyEnv: "env",
  run: "run",
  denyRun: "run",
  workers: "workers",
  ffi: "ffi",
  denyFfi: "ffi",
  "node.allowAddons": "ffi",
  "node.allowFfi": "ffi",
  sys: "sys",
  denySys: "sys",
  wasi: "wasi",
};

/** From what holds best to what holds least. */
const STRENGTH: readonly Enforcer[] = ["os", "runtime", "guard", "none"];

/** What is told of a policy of which this was found. */
export function reportOf(policy: Policy, found: readonly Finding[]): PoolPermissions {
  const rule = (
    name: FieldRule,
    allow: Allowed,
    deny: readonly string[],
  ): EnforcedPermission => {
    const enforcers = found.filter(({ field }) => RULE_OF[field] === name)
      .map(({ enforcedBy }) => STRENGTH.indexOf(enforcedBy));
    return frozenRule(allow, deny, STRENGTH[Math.max(...enforcers)] ?? "none");
  };
  const yesOrNo = (allowed: boolean): Allowed => allowed || [];
  const { env } = policy;
  return Object.freeze({
    mode: policy.mode,
    read: rule("read", policy.read, policy.denyRead),
    write: rule("write", policy.write, policy.denyWrite),
    net: rule("net", policy.net, policy.denyNet),
    allowImport: rule("allowImport", policy.allowImport, []),
    env: rule("env", env.allow, env.deny),
    run: rule("run", policy.run, policy.denyRun),
    workers: rule("workers", yesOrNo(policy.workers), []),
    ffi: rule("ffi", policy.ffi, policy.denyFfi),
    sys: rule("sys", policy.sys, policy.denySys),
    wasi: rule("wasi", yesOrNo(policy.wasi), []),
    console: frozenRule(yesOrNo(policy.console), [], policy.console ? "none" : "guard"),
    gaps: Object.freeze(
      gapsIn(found).map(({ field, reason }) =>
        Object.freeze({ permission: nameOf(field), reason })
      ),
    ),
  });
}

function frozenRule(
  allow: Allowed,
  deny: readonly string[],
  enforcedBy: Enforcer,
): EnforcedPermission {
  const policy = Object.freeze({
    allow: allow === true ? true as const : Object.freeze([...allow]),
    deny: Object.freeze([...deny]),
  });
  return Object.freeze({ policy, enforcedBy });
}

/** How a field is called where users write it. */
function nameOf(field: PolicyField): string {
  return field === "env" ? "env.allow" : field === "denyEnv" ? "env.deny" : field;
}

/** Gaps as a sentence for each. */
function describeGaps(gaps: readonly Finding[]): string {
  return gaps.map((gap) => {
    const level = isCoarse(gap) ? "coarse" : "unsupported";
    return `permission.${nameOf(gap.field)} is ${level}: ${gap.reason}.`;
  }).join(" ");
}

/** What is said if a policy has gaps that the user wrote. */
export function explicitGapMessage(gaps: readonly Finding[], target: Target): string {
  return `knitting: ${workersOf(target)} cannot enforce the requested permission policy. ` +
    describeGaps(gaps);
}

/** What is said if defaults have gaps. */
export function implicitGapMessage(gaps: readonly Finding[], target: Target): string {
  const names = gaps.map(({ field }) => nameOf(field)).join(", ");
  return `knitting: ${workersOf(target)} cannot enforce every implicit strict permission default ` +
    `(${names}). ${describeGaps(gaps)}`;
}

function workersOf(target: Target): string {
  return `${labelOf(target)} ${target.worker === "thread" ? "threads" : "process workers"}`;
}
