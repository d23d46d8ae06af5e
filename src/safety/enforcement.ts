/**
 * Who holds workers to a policy: for each field of it and each kind of worker. Everything that is told
 * about it, in `pool.permissions`, warnings and errors (`report.ts`), comes from the tables of this file.
 *
 * @module
 */

import { isInside } from "./file_view.ts";
import { isNothing, type Policy, type PolicyField, policyFields } from "./policy.ts";
import { nodeCanDrop, nodeHasNet, type Target } from "./target.ts";

/**
 * Who enforces a rule: the system, the runtime, a guardrail of the library's own, which code that looks
 * for another way gets around, or nobody.
 */
export type Enforcer = "os" | "runtime" | "guard" | "none";

/** A field of the policy and who enforces it; `reason` if that is not the system or the runtime. */
export interface Finding {
  readonly field: PolicyField;
  readonly enforcedBy: Enforcer;
  readonly reason: string;
  /** Whether nothing is lost by it: there is nothing to gain that another rule does not deny. */
  readonly harmless: boolean;
}

/** What is enforced, field by field, for the fields that restrict something. */
export function findings(policy: Policy, target: Target): readonly Finding[] {
  return restrictedFields(policy).map((field) => {
    const [enforcedBy, reason = "", harmless = false] = judge(field, policy, target);
    return { field, enforcedBy, reason, harmless };
  });
}

/** The findings that say that a rule is not kept. */
export function gapsIn(found: readonly Finding[]): readonly Finding[] {
  return found.filter(({ enforcedBy }) => enforcedBy === "guard" || enforcedBy === "none");
}

/** Whether a rule is kept in part: what it is about can be refused, but not one thing and not another. */
export function isCoarse({ enforcedBy, reason }: Finding): boolean {
  return enforcedBy === "guard" || reason.includes(COARSE);
}

/** Fields that forbid anything. */
function restrictedFields(policy: Policy): readonly PolicyField[] {
  return policy.mode === "unsafe" ? [] : policyFields.filter((field) => RESTRICTS[field](policy));
}

/** Whether a field forbids anything. */
const RESTRICTS: Readonly<Record<PolicyField, (policy: Policy) => boolean>> = {
  read: ({ read }) => read !== true,
  denyRead: ({ denyRead }) => denyRead.length > 0,
  write: ({ write }) => write !== true,
  denyWrite: ({ denyWrite }) => denyWrite.length > 0,
  net: ({ net }) => net !== true,
  denyNet: ({ denyNet }) => denyNet.length > 0,
  allowImport: ({ allowImport }) => allowImport !== true,
  env: ({ env }) => env.allow !== true,
  denyEnv: ({ env }) => env.deny.length > 0,
  run: ({ run }) => run !== true,
  denyRun: ({ denyRun }) => denyRun.length > 0,
  workers: ({ workers }) => !workers,
  ffi: ({ ffi }) => ffi !== true,
  denyFfi: ({ denyFfi }) => denyFfi.length > 0,
  "node.allowAddons": ({ node, explicit }) => !node.addons && explicit.has("node.allowAddons"),
  "node.allowFfi": ({ node, explicit }) => !node.ffi && explicit.has("node.allowFfi"),
  sys: ({ sys }) => sys !== true,
  denySys: ({ denySys }) => denySys.length > 0,
  wasi: ({ wasi }) => !wasi,
};

type Verdict = readonly [Enforcer, reason?: string, harmless?: boolean];

const BY_RUNTIME: Verdict = ["runtime"];
const BY_SYSTEM: Verdict = ["os"];

function judge(field: PolicyField, policy: Policy, target: Target): Verdict {
  if (target.sandboxed && isSandboxed(field, policy)) return BY_SYSTEM;
  const verdict = judgeRuntime(field, policy, target);
  const [enforcedBy, reason = ""] = verdict;
  if (target.sandboxed && field === "read" && enforcedBy === "none") {
    return ["none", "what can be written can be read in a sandbox: write has more than read"];
  }
  return target.sandboxed && CONTAINED.has(field) ? [enforcedBy, reason, true] : verdict;
}

/** What is as good as denied in a sandbox: it can do nothing there that the task cannot do itself. */
const CONTAINED: ReadonlySet<PolicyField> = new Set(
  [
    "run",
    "denyRun",
    "workers",
    "ffi",
    "denyFfi",
    "wasi",
    "node.allowAddons",
    "node.allowFfi",
  ] as const,
);

function judgeRuntime(field: PolicyField, policy: Policy, target: Target): Verdict {
  const { runtime, worker } = target;
  if (runtime === "node") return judgeNode(field, policy, target);
  if (runtime === "deno" && worker === "process") return judgeDeno(field);
  // What another runtime's flags are about.
  if (field === "node.allowAddons" || field === "node.allowFfi") return BY_RUNTIME;
  if (field === "env" || field === "denyEnv") return judgeEnvironment(policy, target);
  return ["none", WITHOUT_PERMISSIONS[runtime]];
}

const WITHOUT_PERMISSIONS = {
  bun: "Bun has no permissions",
  deno: "threads of Deno have the permissions of their program",
} as const;

/** What a sandbox of the system holds by itself; it does not look into programs. */
function isSandboxed(field: PolicyField, policy: Policy): boolean {
  switch (field) {
    case "read":
      return isReadable(policy);
    case "denyRead":
    case "write":
    case "denyWrite":
    case "env":
    case "denyEnv":
      return true;
    case "net":
    case "denyNet":
    case "allowImport":
      return isNothing(policy.net);
    default:
      return false;
  }
}

/** Whether all that can be written may be read, too: a sandbox cannot tell the two apart. */
function isReadable({ read, write }: Policy): boolean {
  const files = { separator: "/" };
  return read === true ||
    write !== true && write.every((path) => read.some((folder) => isInside(path, folder, files)));
}

const COARSE = "can only be allowed or refused as a whole";

function judgeNode(field: PolicyField, policy: Policy, target: Target): Verdict {
  switch (field) {
    case "read":
    case "denyRead":
    case "write":
    case "denyWrite":
      return BY_RUNTIME;
    case "net":
    case "denyNet":
      if (!nodeHasNet(target)) return ["none", "Node before 25 has no permission for the network"];
      return isNothing(policy.net) ? BY_RUNTIME : ["none", `the network ${COARSE}`];
    case "run":
    case "denyRun":
      return isNothing(policy.run) ? BY_RUNTIME : ["none", `starting programs ${COARSE}`];
    case "workers":
      return policy.node.workers ? ["none", "node.allowWorker allows them"] : BY_RUNTIME;
    case "wasi":
      return policy.node.wasi ? ["none", "node.allowWasi allows it"] : BY_RUNTIME;
    case "node.allowFfi":
      return BY_RUNTIME;
    case "ffi":
    case "denyFfi":
    case "node.allowAddons":
      return judgeNodeAddons(policy, target);
    case "env":
    case "denyEnv":
      return judgeEnvironment(policy, target);
    case "allowImport":
      return ["none", "Node has no permission for imports"];
    case "sys":
    case "denySys":
      return ["none", "Node has no permission for questions about the system"];
  }
}

/** The library is native code itself, so Node must be told to allow add-ons. */
function judgeNodeAddons({ ffi, node }: Policy, target: Target): Verdict {
  if (ffi === true) return ["none", `native code ${COARSE}`];
  if (node.addons && isNothing(ffi)) return ["none", "node.allowAddons allows add-ons"];
  if (target.worker === "process" && isNothing(ffi) && nodeCanDrop(target)) return BY_RUNTIME;
  return ["guard", "the library itself needs add-ons, so others are kept out by a guardrail only"];
}

function judgeDeno(field: PolicyField): Verdict {
  switch (field) {
    case "workers":
      return ["none", "Deno lets every program start workers, with its own permissions", true];
    case "wasi":
      return ["none", "Deno has no permission for WASI", true];
    case "read":
    case "denyRead":
    case "write":
    case "denyWrite":
    case "net":
    case "denyNet":
    case "allowImport":
    case "env":
    case "denyEnv":
    case "run":
    case "denyRun":
    case "ffi":
    case "denyFfi":
    case "sys":
    case "denySys":
    // What another runtime's flags are about.
    case "node.allowAddons":
    case "node.allowFfi":
      return BY_RUNTIME;
  }
}

/** Only another process can be kept from seeing variables, and only as long as it cannot look at /proc. */
function judgeEnvironment(policy: Policy, target: Target): Verdict {
  const { runtime, worker } = target;
  if (worker === "thread" && !changesThreadEnvironment(policy)) {
    return ["none", "threads see the environment of their program unless env says otherwise"];
  }
  if (runtime === "node") {
    if (isProcHidden(policy)) return worker === "thread" ? BY_RUNTIME : BY_SYSTEM;
    return ["guard", "the environment of the host can be read below /proc"];
  }
  return [
    "guard",
    worker === "process"
      ? "the environment of the host can be read below /proc"
      : `only process.env is changed, and ${runtime === "deno" ? "Deno.env" : "/proc"} is not`,
  ];
}

/** Whether threads get an environment of their own: not by default, because programs rely on theirs. */
export function changesThreadEnvironment({ mode, env, explicit }: Policy): boolean {
  if (env.files.length > 0) return true;
  return mode !== "unsafe" && (explicit.has("env") || explicit.has("denyEnv"));
}

function isProcHidden({ read, denyRead, run }: Policy): boolean {
  const files = { separator: "/" };
  if (!isNothing(run)) return false;
  if (denyRead.some((path) => isInside("/proc", path, files))) return true;
  return read !== true &&
    !read.some((path) => isInside("/proc", path, files) || isInside(path, "/proc", files));
}
