/**
 * What workers may do: as a user wrote it, and as everything behind it goes by. Nothing here enforces
 * anything.
 *
 * @module
 */

/** Everything, or what is listed; an empty list is nothing. */
export type Allowed = true | readonly string[];

/** Whether nothing is allowed. */
export function isNothing(allowed: Allowed): boolean {
  return allowed !== true && allowed.length === 0;
}

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
  /**
   * What workers must read to load their code; readable even if `read` does not say so. Looked for when
   * somebody holds workers to it.
   */
  code(): readonly string[];
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

/** Those that a user wrote. */
export function explicitFields(request: PolicyRequest): ReadonlySet<PolicyField> {
  return new Set(policyFields.filter((field) => WRITTEN[field](request) !== undefined));
}

/** An empty list of denials restricts nothing, and is as if it had not been written. */
function orNothing(list: readonly string[] | undefined): readonly string[] | undefined {
  return list?.length === 0 ? undefined : list;
}
