/**
 * A policy as what workers are started with.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { denoFlags } from "./deno_flags.ts";
import { changesThreadEnvironment, findings, gapsIn } from "./enforcement.ts";
import { childEnvironment, type Variables } from "./environment.ts";
import { type FileView, isInside } from "./file_view.ts";
import { nodeFlags } from "./node_flags.ts";
import type { Policy } from "./policy.ts";
import {
  explicitGapMessage,
  implicitGapMessage,
  type PoolPermissions,
  reportOf,
} from "./report.ts";
import { labelOf, type Needs, type Target } from "./target.ts";

/** What the host is asked for. */
export interface Surroundings {
  readonly files: FileView;
  /** Its environment; asked for only if workers get one of their own. */
  environment(): Variables;
  /** What the files of `env.files` say. */
  readonly fromFiles: Variables;
}

/** What a worker does to itself before other code runs in it; as in the boot data. */
interface WorkerRestrictions {
  /** Native libraries that Node may still load; `undefined` for all. */
  readonly nodeAddons: readonly string[] | undefined;
  /** Whether Node's report of the program is taken away: it has the environment of the host. */
  readonly hideReport: boolean;
  /** Native libraries that a process must not load any more: only its start needed them. */
  readonly dropLibraries: readonly string[];
}

/** What a worker is started with. */
export interface WorkerPermissions {
  /** For the runtime of the worker. */
  readonly flags: readonly string[];
  /** All of its environment; `undefined` for that of the host. */
  readonly environment: Record<string, string> | undefined;
  readonly restrictions: WorkerRestrictions;
  readonly report: PoolPermissions;
  /** What the user should be told, once for each `about`. */
  readonly warning: { readonly about: string; readonly message: string } | undefined;
}

/**
 * What a worker that is a process is started with.
 *
 * @throws {KnittingError} `KNT_ERROR_PERMISSION` if a restriction that the user wrote cannot be enforced
 */
export function processPermissions(
  policy: Policy,
  target: Target,
  needs: Needs,
  surroundings: Surroundings,
): WorkerPermissions {
  const { report, warning } = judged(policy, target, true);
  const environment = surroundings.environment();
  return {
    flags: flagsFor(policy, target, needs, surroundings.files),
    environment: childEnvironment(
      policy,
      environment,
      surroundings.fromFiles,
      named(environment, (name) => needs.env.includes(name)),
    ),
    restrictions: {
      nodeAddons: nodeAddons(policy, target, needs),
      hideReport: false,
      dropLibraries: policy.ffi === true || policy.node.addons ? [] : needs.ffi,
    },
    report,
    warning,
  };
}

/**
 * What a thread is started with. Defaults that cannot be enforced are told in the report alone: a thread
 * is no sandbox.
 *
 * @throws {KnittingError} `KNT_ERROR_PERMISSION` if a restriction that the user wrote cannot be
 *   enforced, and `onGap` is `"throw"`
 */
export function threadPermissions(
  policy: Policy,
  target: Target,
  needs: Needs,
  surroundings: Surroundings,
): WorkerPermissions {
  const { report, warning } = judged(policy, target, policy.onGap === "throw");
  const changes = changesThreadEnvironment(policy);
  return {
    flags: target.runtime === "node" ? nodeFlags(policy, target, needs, surroundings.files) : [],
    environment: changes ? threadEnvironment(policy, surroundings) : undefined,
    restrictions: {
      nodeAddons: nodeAddons(policy, target, needs),
      hideReport: changes && target.runtime === "node" && policy.env.allow !== true,
      dropLibraries: [],
    },
    report,
    warning,
  };
}

function flagsFor(
  policy: Policy,
  target: Target,
  needs: Needs,
  files: FileView,
): readonly string[] {
  switch (target.runtime) {
    case "node":
      return nodeFlags(policy, target, needs, files);
    case "deno":
      return denoFlags(policy, needs);
    case "bun":
      return [];
  }
}

function judged(
  policy: Policy,
  target: Target,
  mustHold: boolean,
): Pick<WorkerPermissions, "report" | "warning"> {
  const found = findings(policy, target);
  const gaps = gapsIn(found);
  const explicit = gaps.filter(({ field }) => policy.explicit.has(field));
  const report = reportOf(policy, found);
  if (explicit.length > 0) {
    const message = explicitGapMessage(explicit, target);
    if (mustHold) throw new KnittingError("KNT_ERROR_PERMISSION", message);
    return { report, warning: { about: message, message } };
  }
  const telling = gaps.filter(({ harmless }) => !harmless);
  if (target.worker === "thread" || telling.length === 0) return { report, warning: undefined };
  const message = implicitGapMessage(telling, target);
  return { report, warning: { about: labelOf(target), message } };
}

/** The flag for add-ons is given for the library's sake; the worker itself keeps others out. */
function nodeAddons(
  { mode, ffi, node, denyFfi }: Policy,
  { runtime }: Target,
  needs: Needs,
): readonly string[] | undefined {
  if (runtime !== "node" || mode === "unsafe" || ffi === true) return undefined;
  if (node.addons && ffi.length === 0) return undefined;
  if (needs.ffi.length === 0 && ffi.length === 0) return undefined; // Node refuses all itself
  const separator = { separator: "/" };
  const wanted = ffi.filter((path) => !denyFfi.some((one) => isInside(path, one, separator)));
  return [...needs.ffi, ...wanted];
}

/** With what the library needs, and the flags that a thread has from its program. */
function threadEnvironment(policy: Policy, surroundings: Surroundings): Record<string, string> {
  const environment = surroundings.environment();
  const own = named(
    environment,
    (name) => name.startsWith("KNITTING_") || name === "NODE_OPTIONS",
  );
  return childEnvironment(policy, environment, surroundings.fromFiles, own);
}

function named(environment: Variables, isWanted: (name: string) => boolean): Variables {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => isWanted(name)));
}
