/**
 * Completes what a user wrote: every default filled in, every path absolute. Nothing here asks the file
 * system itself.
 *
 * @module
 */

import type { FileView } from "./file_view.ts";
import {
  type Allowed,
  explicitFields,
  isNothing,
  type Policy,
  type PolicyRequest,
} from "./policy.ts";
import { defaultDenials, linksTo, projectFiles, projectFolders } from "./projects.ts";

/** Hosts that modules may come from if nothing is said. */
const IMPORT_HOSTS = ["deno.land", "esm.sh", "jsr.io"];

/** Absolute paths of what a user wrote, with links and without. */
type Resolve = (list: readonly string[]) => readonly string[];

/**
 * Completes what a user wrote.
 *
 * @param modules the files that workers import
 */
export function resolvePolicy(
  request: PolicyRequest,
  modules: readonly string[],
  files: FileView,
): Policy {
  const { mode, onGap, env, deno } = request;
  const cwd = files.absolute(expandHome(request.cwd ?? ".", files));
  const paths: Resolve = (list) => [
    ...new Set(list.flatMap((path) => {
      const absolute = files.absolute(expandHome(path, files), cwd);
      // Where /proc/self leads to is different in each process.
      return absolute.startsWith("/proc/") ? [absolute] : [absolute, files.realPath(absolute)];
    })),
  ];
  const shared = { mode, onGap, cwd, explicit: explicitFields(request) };
  const envFiles = paths(env.files ?? []);
  if (mode === "unsafe") {
    return {
      ...shared,
      ...EVERYTHING,
      console: request.console ?? true,
      env: { ...EVERYTHING.env, files: envFiles },
    };
  }
  return {
    ...shared,
    console: request.console ?? false,
    ...fileRules(request, cwd, modules, paths, files),
    net: request.net ?? [],
    denyNet: request.denyNet ?? [],
    allowImport: request.allowImport ?? IMPORT_HOSTS,
    env: { allow: env.allow ?? [], deny: env.deny ?? [], files: envFiles },
    ...codeRules(request, paths),
    sys: request.sys ?? [],
    denySys: request.denySys ?? [],
    deno: { lock: lockFile(deno.lock, cwd, files), frozen: deno.frozen ?? true },
  };
}

function fileRules(
  request: PolicyRequest,
  cwd: string,
  modules: readonly string[],
  paths: Resolve,
  files: FileView,
): Pick<Policy, "read" | "write" | "denyRead" | "denyWrite" | "code"> {
  const projects = projectFolders(cwd, modules, files);
  const denials = defaultDenials(projects, files);
  const allowed = (list: Allowed | undefined, byDefault: readonly string[]): Allowed =>
    list === true ? true : paths(list ?? byDefault);
  const denied = (
    list: readonly string[] | undefined,
    byDefault: readonly string[],
    from: Allowed,
  ): readonly string[] => {
    const all = request.mode === "custom" && list !== undefined
      ? paths(list)
      : paths([...byDefault, ...list ?? []]);
    return [...all, ...linksTo(all, from, files)];
  };
  const read = allowed(request.read, projects);
  const write = allowed(request.write, [cwd]);
  return {
    read,
    write,
    denyRead: denied(request.denyRead, denials.read, read),
    denyWrite: denied(request.denyWrite, denials.write, write),
    code: () => paths([...modules, ...projects.flatMap((folder) => projectFiles(folder, files))]),
  };
}

/** Rules about code that is under none of the other rules: programs, native libraries, workers. */
function codeRules(
  request: PolicyRequest,
  paths: Resolve,
): Pick<Policy, "run" | "denyRun" | "workers" | "ffi" | "denyFfi" | "wasi" | "node"> {
  const { node, deno, workers = false, wasi = false } = request;
  const ffi = request.ffi === true || paths(request.ffi ?? []);
  const wantsRun = node.allowChildProcess === true || deno.allowRun === true;
  return {
    run: request.run ?? (wantsRun || []),
    denyRun: request.denyRun ?? [],
    workers,
    ffi,
    denyFfi: paths(request.denyFfi ?? []),
    wasi,
    node: {
      workers: workers || node.allowWorker === true,
      addons: !isNothing(ffi) || node.allowAddons === true,
      ffi: !isNothing(ffi) || node.allowFfi === true,
      wasi: wasi || node.allowWasi === true,
    },
  };
}

const EVERYTHING = {
  read: true,
  write: true,
  denyRead: [],
  denyWrite: [],
  code: () => [],
  net: true,
  denyNet: [],
  allowImport: true,
  env: { allow: true, deny: [], files: [] },
  run: true,
  denyRun: [],
  workers: true,
  ffi: true,
  denyFfi: [],
  sys: true,
  denySys: [],
  wasi: true,
  node: { workers: true, addons: true, ffi: true, wasi: true },
  deno: { lock: undefined, frozen: false },
} as const;

/** `~` is the home directory; where there is none, `~` is a name like any other. */
function expandHome(path: string, files: FileView): string {
  if (!/^~(?:[\\/]|$)/.test(path)) return path;
  const home = files.home();
  return home === undefined ? path : home + path.slice(1);
}

function lockFile(
  lock: boolean | string | undefined,
  cwd: string,
  files: FileView,
): string | false | undefined {
  if (lock === false) return false;
  const path = files.absolute(
    typeof lock === "string" ? expandHome(lock, files) : "deno.lock",
    cwd,
  );
  return files.exists(path) ? path : undefined;
}
