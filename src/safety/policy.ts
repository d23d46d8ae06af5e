/**
 * What workers may do, completed: every default filled in, every path absolute. Nothing here asks the
 * file system itself, and nothing here enforces anything.
 *
 * @module
 */

import type { FileView } from "./file_view.ts";
import { defaultDenials, linksTo, projectFiles, projectFolders } from "./projects.ts";

/** Everything, or what is listed; an empty list is nothing. */
export type Allowed = true | readonly string[];

/** Names of what can be restricted, as users write them; `denyEnv` is `env.deny`, `env` is `env.allow`. */
export type PolicyField = keyof typeof WRITTEN;

/** What a user wrote, checked: lists without empty entries, `undefined` for what is not there. */
export interface PolicyRequest {
  readonly mode: "strict" | "unsafe" | "custom";
  readonly console: boolean | undefined;
  readonly onGap: "warn" | "throw";
  readonly cwd: string | undefined;
  readonly read: Allowed | undefined;
  readonly write: Allowed | undefined;
  readonly denyRead: readonly string[] | undefined;
  readonly denyWrite: readonly string[] | undefined;
  readonly net: Allowed | undefined;
  readonly denyNet: readonly string[] | undefined;
  readonly allowImport: Allowed | undefined;
  readonly env: {
    readonly allow: Allowed | undefined;
    readonly deny: readonly string[] | undefined;
    readonly files: readonly string[] | undefined;
  };
  readonly run: Allowed | undefined;
  readonly denyRun: readonly string[] | undefined;
  readonly workers: boolean | undefined;
  readonly ffi: Allowed | undefined;
  readonly denyFfi: readonly string[] | undefined;
  readonly sys: Allowed | undefined;
  readonly denySys: readonly string[] | undefined;
  readonly wasi: boolean | undefined;
  readonly node: {
    readonly allowWorker: boolean | undefined;
    readonly allowChildProcess: boolean | undefined;
    readonly allowAddons: boolean | undefined;
    readonly allowFfi: boolean | undefined;
    readonly allowWasi: boolean | undefined;
  };
  readonly deno: {
    readonly lock: boolean | string | undefined;
    readonly frozen: boolean | undefined;
    readonly allowRun: boolean | undefined;
  };
}

/** What workers may do, complete. Where lists contradict each other, what is denied is denied. */
export interface Policy {
  readonly mode: "strict" | "unsafe" | "custom";
  /** Whether `console` of a worker writes. */
  readonly console: boolean;
  /** What becomes of restrictions that cannot be enforced. */
  readonly onGap: "warn" | "throw";
  /** What relative paths started from. */
  readonly cwd: string;
  /** Files and folders, with everything in them; without links, and as they were written, too. */
  readonly read: Allowed;
  readonly write: Allowed;
  readonly denyRead: readonly string[];
  readonly denyWrite: readonly string[];
  /** What workers must read to load their code; readable even if `read` does not say so. */
  readonly code: readonly string[];
  /** Hosts, with a port or without. */
  readonly net: Allowed;
  readonly denyNet: readonly string[];
  /** Hosts that modules may be imported from. */
  readonly allowImport: Allowed;
  /** Environment variables; `files` are read into the environment of workers. */
  readonly env: {
    readonly allow: Allowed;
    readonly deny: readonly string[];
    readonly files: readonly string[];
  };
  /** Programs. */
  readonly run: Allowed;
  readonly denyRun: readonly string[];
  /** Whether task code may start workers of its own. */
  readonly workers: boolean;
  /** Native libraries. */
  readonly ffi: Allowed;
  readonly denyFfi: readonly string[];
  /** What can be asked about the system. */
  readonly sys: Allowed;
  readonly denySys: readonly string[];
  readonly wasi: boolean;
  /** The same for Node, which has a flag for each. */
  readonly node: {
    readonly workers: boolean;
    readonly addons: boolean;
    readonly ffi: boolean;
    readonly wasi: boolean;
  };
  /** `lock`: the lock file, if it exists; `false` for none; `undefined` leaves it to Deno. */
  readonly deno: { readonly lock: string | false | undefined; readonly frozen: boolean };
  /** What the user wrote, and not a default: a restriction that must not be left out in silence. */
  readonly explicit: ReadonlySet<PolicyField>;
}

/** Hosts that modules may come from if nothing is said. */
const IMPORT_HOSTS = ["deno.land", "esm.sh", "jsr.io"];

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
  const cwd = files.absolute(expandHome(request.cwd ?? ".", files));
  const paths = (list: readonly string[]): readonly string[] => [
    ...new Set(list.flatMap((path) => {
      const absolute = files.absolute(expandHome(path, files), cwd);
      // Where /proc/self leads to is different in each process.
      return absolute.startsWith("/proc/") ? [absolute] : [absolute, files.realPath(absolute)];
    })),
  ];
  const shared = {
    mode: request.mode,
    onGap: request.onGap,
    cwd,
    explicit: explicitFields(request),
  };
  const envFiles = paths(request.env.files ?? []);
  if (request.mode === "unsafe") {
    return {
      ...shared,
      ...EVERYTHING,
      console: request.console ?? true,
      env: { ...EVERYTHING.env, files: envFiles },
    };
  }
  const allowed = (list: Allowed | undefined, byDefault: readonly string[]): Allowed =>
    list === true ? true : paths(list ?? byDefault);
  const projects = projectFolders(cwd, modules, files);
  const denials = defaultDenials(projects, files);
  const denied = (
    list: readonly string[] | undefined,
    byDefault: readonly string[],
  ): readonly string[] =>
    paths(request.mode === "custom" && list !== undefined ? list : [...byDefault, ...list ?? []]);
  const read = allowed(request.read, projects);
  const write = allowed(request.write, [cwd]);
  const denyRead = denied(request.denyRead, denials.read);
  const denyWrite = denied(request.denyWrite, denials.write);
  const { node, deno } = request;
  const ffi = request.ffi === true ? true : paths(request.ffi ?? []);
  const wantsRun = node.allowChildProcess === true || deno.allowRun === true;
  const workers = request.workers ?? false;
  const wasi = request.wasi ?? false;
  const anyFfi = ffi === true || ffi.length > 0;
  return {
    ...shared,
    console: request.console ?? false,
    read,
    write,
    denyRead: [...denyRead, ...linksTo(denyRead, read, files)],
    denyWrite: [...denyWrite, ...linksTo(denyWrite, write, files)],
    code: paths([...modules, ...projects.flatMap((folder) => projectFiles(folder, files))]),
    net: request.net ?? [],
    denyNet: request.denyNet ?? [],
    allowImport: request.allowImport ?? IMPORT_HOSTS,
    env: { allow: request.env.allow ?? [], deny: request.env.deny ?? [], files: envFiles },
    run: request.run ?? (wantsRun ? true : []),
    denyRun: request.denyRun ?? [],
    workers,
    ffi,
    denyFfi: paths(request.denyFfi ?? []),
    sys: request.sys ?? [],
    denySys: request.denySys ?? [],
    wasi,
    node: {
      workers: workers || node.allowWorker === true,
      addons: anyFfi || node.allowAddons === true,
      ffi: anyFfi || node.allowFfi === true,
      wasi: wasi || node.allowWasi === true,
    },
    deno: { lock: lockFile(deno.lock, cwd, files), frozen: deno.frozen ?? true },
  };
}

const EVERYTHING = {
  read: true,
  write: true,
  denyRead: [],
  denyWrite: [],
  code: [],
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

/** What a user wrote of each field; `undefined` for nothing. */
const WRITTEN = {
  read: ({ read }) => read,
  denyRead: ({ denyRead }) => orNothing(denyRead),
  write: ({ write }) => write,
  denyWrite: ({ denyWrite }) => orNothing(denyWrite),
  net: ({ net }) => net,
  denyNet: ({ denyNet }) => orNothing(denyNet),
  allowImport: ({ allowImport }) => allowImport,
  env: ({ env }) => env.allow,
  denyEnv: ({ env }) => orNothing(env.deny),
  run: ({ run }) => run,
  denyRun: ({ denyRun }) => orNothing(denyRun),
  workers: ({ workers }) => workers,
  ffi: ({ ffi }) => ffi,
  denyFfi: ({ denyFfi }) => orNothing(denyFfi),
  "node.allowAddons": ({ node }) => node.allowAddons,
  "node.allowFfi": ({ node }) => node.allowFfi,
  sys: ({ sys }) => sys,
  denySys: ({ denySys }) => orNothing(denySys),
  wasi: ({ wasi }) => wasi,
} satisfies Record<string, (request: PolicyRequest) => unknown>;

/** All of them, in the order in which they are told. */
export const policyFields = Object.keys(WRITTEN) as readonly PolicyField[];

function explicitFields(request: PolicyRequest): ReadonlySet<PolicyField> {
  return new Set(policyFields.filter((field) => WRITTEN[field](request) !== undefined));
}

/** An empty list of denials restricts nothing, and is as if it had not been written. */
function orNothing(list: readonly string[] | undefined): readonly string[] | undefined {
  return list?.length === 0 ? undefined : list;
}
