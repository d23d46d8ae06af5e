/**
 * From `permission` to what the workers of a pool are started with.
 *
 * @module
 */

import { nativeLibraryPath } from "../memory/lane_memory.ts";
import { runtime, runtimeVersion } from "../runtime/current.ts";
import { environmentVariables, variablesFromFiles } from "../runtime/environment.ts";
import { absolute, type FileView } from "../runtime/file_view.ts";
import { isBundled, libraryFile, libraryModule } from "../runtime/library_files.ts";
import { withImports } from "../runtime/module_graph.ts";
import { isPermissionFlag, nodePermissions } from "../runtime/node_permissions.ts";
import type { ProcessProgram } from "../runtime/process_command.ts";
import { warnOnce } from "../runtime/warnings.ts";
import { narrowed } from "../safety/narrow.ts";
import type { Policy, PolicyRequest } from "../safety/policy.ts";
import { resolvePolicy } from "../safety/resolve_policy.ts";
import type { Needs, Target } from "../safety/target.ts";
import {
  processPermissions,
  type Surroundings,
  threadPermissions,
  type WorkerPermissions,
} from "../safety/worker_permissions.ts";

/** Variables by which a process learns that it is a worker, and what it needs to become one. */
const OWN_VARIABLES = [
  "KNITTING_PROCESS_WORKER",
  "KNITTING_PROCESS_WORKER_BOOT",
  "KNITTING_POOL_DEPTH",
  "KNITTING_NATIVE_LIBRARY",
  "KNITTING_DEBUG",
];

/** What modules of tasks import of this library, besides what is in `src`. */
const ENTRY_POINTS = ["lazy", "metrics", "mod", "opentelemetry", "shared_memory", "task", "unsafe"];

/** What the workers of a pool load. */
export interface WorkerCode {
  /** The module that they run. */
  readonly entry: URL;
  /** URLs of the modules that they import. */
  readonly modules: readonly string[];
}

/**
 * The policy of a pool, with every default filled in.
 *
 * @throws {TypeError} if flags contradict it
 */
export function poolPolicy(
  request: PolicyRequest,
  { entry, modules }: WorkerCode,
  execArgv: readonly string[] | undefined,
  files: FileView,
): Policy {
  const flag = execArgv?.find(isPermissionFlag);
  if (flag !== undefined && request.mode !== "unsafe") {
    throw new TypeError(
      `workerExecArgv cannot have ${flag}: permission says what workers may do. ` +
        'With permission: "unsafe", flags of the permission model are up to you',
    );
  }
  // The library's own code can be read in any case: that it lies somewhere makes that no project of the user's.
  const paths = pathsOf(isBundled ? [entry.href, ...modules] : modules); // not covered: only in a bundle, which tests/package/ runs
  // By default whole projects can be read, with all that modules import.
  return resolvePolicy(request, Array.isArray(request.read) ? withImports(paths) : paths, files);
}

/** What threads are started with; tells the user what cannot be enforced. */
export function permissionsOfThreads(
  policy: Policy,
  code: WorkerCode,
  files: FileView,
): WorkerPermissions {
  const target: Target = {
    worker: "thread",
    runtime: runtime.name,
    version: runtimeVersion,
    sandboxed: false,
  };
  const host = nodePermissions();
  const needs = needsOf(code, files);
  const mayLoad = host?.has("addon") !== false; // not covered: only under Node's permission model, which turns coverage off
  return told(threadPermissions(
    host === undefined ? policy : narrowed(policy, host, files), // not covered: only under Node's permission model, which turns coverage off
    target,
    { ...needs, ffi: mayLoad ? needs.ffi : [], env: [] }, // not covered: only under Node's permission model, which turns coverage off
    surroundingsOf(policy, files),
  ));
}

/** What processes are started with; tells the user what cannot be enforced. */
export function permissionsOfProcesses(
  policy: Policy,
  code: WorkerCode,
  program: ProcessProgram,
  sandboxed: boolean,
  files: FileView,
): WorkerPermissions {
  const { runtime, version } = program;
  const target: Target = { worker: "process", runtime, version, sandboxed };
  const needs = needsOf(code, files);
  return told(processPermissions(policy, target, needs, surroundingsOf(policy, files)));
}

function told(permissions: WorkerPermissions): WorkerPermissions {
  const { warning } = permissions;
  if (warning !== undefined) warnOnce("KNT_WARN_PERMISSION", warning.message, warning.about);
  return permissions;
}

function surroundingsOf({ env }: Policy, files: FileView): Surroundings {
  return { files, environment: environmentVariables, fromFiles: variablesFromFiles(env.files) };
}

/** What the library itself needs in a worker. */
export function needsOf({ entry }: WorkerCode, files: FileView): Needs {
  const native = nativeLibraryPath();
  const libraries = native === undefined ? [] : [native, files.realPath(native)]; // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
  return {
    read: [...codeOf(pathsOf([entry.href])), ...libraries],
    ffi: [...new Set(libraries)],
    env: OWN_VARIABLES,
  };
}

/** What they run, with the library; a bundle may be in several files. */
function codeOf(entry: readonly string[]): readonly string[] {
  return isBundled ? withImports(entry) : [...entry, ...pathsOf(ownCode())]; // not covered: only in a bundle, which tests/package/ runs
}

/** This library: not all that lies beside it, because that may be the user's. */
function ownCode(): readonly string[] {
  const root = ENTRY_POINTS.map(libraryModule);
  const others = ["src/", "package.json", "deno.json"].map(libraryFile);
  return [...root, ...others].map(({ href }) => href);
}

/** The paths of those that are files. */
function pathsOf(urls: readonly string[]): readonly string[] {
  return urls.filter((url) => url.startsWith("file:")).map((url) => absolute(url));
}
