/**
 * What the workers of a pool are, and what they are started with.
 *
 * @module
 */

import type { PoolSettings } from "../pool/pool.ts";
import { processWorkers } from "../pool/process_worker.ts";
import { threadWorkers } from "../pool/thread_worker.ts";
import { environmentVariables } from "../runtime/environment.ts";
import { FileView } from "../runtime/file_view.ts";
import { optionsWithoutPermissions } from "../runtime/node_permissions.ts";
import { checkProgram, commandOf, findProgram, flagsFor } from "../runtime/process_command.ts";
import { namesAreFiles } from "../runtime/processes.ts";
import { threadFlags } from "../runtime/thread_flags.ts";
import { sandboxVariables } from "../safety/bubblewrap.ts";
import { limitVariables, limitWords } from "../safety/process_limits.ts";
import type { PoolPermissions } from "../safety/report.ts";
import { sharedNames } from "../safety/shared_names.ts";
import type { ResolvedOptions } from "./resolve_options.ts";
import { openSandbox } from "./sandbox.ts";
import {
  needsOf,
  permissionsOfProcesses,
  permissionsOfThreads,
  poolPolicy,
  type WorkerCode,
} from "./worker_permissions.ts";

/** Of a pool, what follows from its kind of worker and from `permission`. */
export interface StartOfWorkers extends Pick<PoolSettings, "kind" | "console" | "restrictions"> {
  readonly permissions: PoolPermissions;
}

/**
 * @param code with `caller`, a module of the project that the workers belong to
 * @throws {KnittingError} `KNT_ERROR_PERMISSION` for a restriction that cannot be enforced
 */
export function startOfWorkers(
  { process, execArgv, resourceLimits, permission }: ResolvedOptions,
  code: WorkerCode & { readonly caller: string },
): StartOfWorkers {
  const files = new FileView();
  const policy = poolPolicy(permission, code, execArgv, files);
  const { console } = policy;
  if (process === undefined) {
    const { flags, report: permissions, restrictions, ...own } = permissionsOfThreads(
      policy,
      code,
      files,
    );
    const options = {
      ...threadFlags(execArgv, resourceLimits, flags),
      environment: withoutInheritedPermissions(own.environment),
    };
    const kind: PoolSettings["kind"] = (settings) => threadWorkers(settings, options);
    return { kind, console, restrictions, permissions };
  }
  const { namePrefix, unlink, prefix, limits, sandboxed } = process;
  const found = findProgram(process);
  checkProgram(found);
  const { flags, report: permissions, restrictions, environment = {} } = permissionsOfProcesses(
    policy,
    code,
    found,
    sandboxed,
    files,
  );
  const { entry, caller } = code;
  const { program, words } = sandboxed
    ? openSandbox(
      policy,
      found,
      { read: needsOf(code, files).read, filesMb: limits.memoryMb },
      files,
    )
    : { program: found, words: [] };
  const command = [
    ...prefix,
    ...limitWords(limits, program.runtime),
    ...words,
    ...commandOf(program, { entry, caller, flags: [...flagsFor(found, execArgv), ...flags] }),
  ];
  const kind: PoolSettings["kind"] = (settings) =>
    processWorkers(settings, {
      command,
      environment: {
        ...(sandboxed ? sandboxVariables(environment) : environment),
        ...limitVariables(limits, program.runtime),
      },
      namePrefix,
      unlink,
      mayName: namesAreFiles ? sharedNames(policy, sandboxed, files) : () => true, // not covered: only where names are no files
      sandboxed,
    });
  return { kind, console, restrictions, permissions };
}

/** Node takes flags from there, too, and would give a thread what its policy does not. */
function withoutInheritedPermissions(
  environment: Record<string, string> | undefined,
): Record<string, string> | undefined {
  const NODE_OPTIONS = optionsWithoutPermissions();
  if (NODE_OPTIONS === undefined) return environment; // not covered: only with flags of permissions in NODE_OPTIONS, which turn coverage off
  return { ...environment ?? environmentVariables(), NODE_OPTIONS };
}
