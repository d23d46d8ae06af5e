/**
 * What a user writes under `permission`; `resolve_permission.ts` checks it.
 *
 * @module
 */

/** A path or a `file:` URL; `~` is the home directory, relative paths start from `cwd`. */
export type PermissionPath = string | URL;

/**
 * What workers may do. What is not named is denied, except where a default is given. How much of it is
 * enforced depends on runtime and kind of worker; `pool.permissions` says it.
 *
 * @example
 * ```ts
 * import { createPool, isMain } from "@vixeny/knitting";
 *
 * export const area = (r: number) => Math.PI * r ** 2;
 *
 * if (isMain) {
 *   await using pool = createPool({
 *     permission: { read: ["./data"], write: ["./out"], env: { allow: ["NODE_ENV"] } },
 *   })({ area });
 *   console.log(pool.permissions.read.enforcedBy); // "runtime" on Node
 * }
 * ```
 */
export interface PermissionProtocol {
  /**
   * `"strict"` (default): what is not allowed is denied, and so are secrets of the project and of the
   * user, and the system's folders. `"custom"`: the same, but a list of denials replaces the default
   * one. `"unsafe"`: everything is allowed. `"off"` is an old name of it.
   */
  readonly mode?: "strict" | "unsafe" | "custom" | "off";
  /**
   * Whether `console` of a worker writes. Default: only in mode `"unsafe"`. Otherwise every function of
   * it does nothing, from before `worker.bootstrap` and the task modules run; a bootstrap may put its
   * own functions there. Diagnostics of `debug` are written in any case.
   */
  readonly console?: boolean;
  /**
   * What becomes of a restriction written here that cannot be enforced for a thread. `"warn"`
   * (default): a process warning with the code `KNT_WARN_PERMISSION`, once. `"throw"`: `createPool`
   * throws. For workers that are processes it always throws.
   */
  readonly onGap?: "warn" | "throw";
  /** Where relative paths start. Default: the working directory. */
  readonly cwd?: string;
  /**
   * Files and folders that can be read; `true` for all. Default: `cwd`. The modules that the pool names,
   * the library, `node_modules` and the files that configure modules in `cwd` can be read in any case;
   * what these modules import from elsewhere must be named.
   */
  readonly read?: readonly PermissionPath[] | true;
  /** Files and folders that can be written. Default: `cwd`. */
  readonly write?: readonly PermissionPath[] | true;
  /**
   * Files and folders that cannot be read, whatever `read` says. In strict mode, besides: `.env`, `.git`,
   * `.npmrc`, `.docker` and `.secrets` in `cwd`; `.ssh`, `.gnupg`, `.aws`, `.azure`, `.config/gcloud` and
   * `.kube` in the home directory; `/proc`, `/sys`, `/dev` and `/etc`.
   */
  readonly denyRead?: readonly PermissionPath[];
  /** The same for writing. In strict mode, besides: those of `cwd` and home, and `node_modules`. */
  readonly denyWrite?: readonly PermissionPath[];
  /** Hosts, with a port or without, that can be connected to; `true` for all. Default: none. */
  readonly net?: readonly string[] | true;
  /** Hosts that cannot be connected to, whatever `net` says. */
  readonly denyNet?: readonly string[];
  /**
   * Hosts that modules may be imported from; `true` for all. Default: `deno.land`, `esm.sh` and
   * `jsr.io`; all if `permission` is left out.
   */
  readonly allowImport?: readonly string[] | true;
  /** Environment variables. */
  readonly env?: {
    /** Names of those that can be read; `true` for all. Default: none. */
    readonly allow?: readonly string[] | true;
    /** Names of those that cannot, whatever `allow` says. */
    readonly deny?: readonly string[];
    /**
     * Files with lines like `NAME=value` for the environment of workers. A file that does not exist is
     * left out, and variables that are there already stay as they are. Default: none; `.env` is not
     * read unless it is named here.
     */
    readonly files?: PermissionPath | readonly PermissionPath[];
  };
  /** Programs that can be started; `true` for all. A program is under none of these rules. Default: none. */
  readonly run?: readonly string[] | true;
  /** Programs that cannot be started, whatever `run` says. */
  readonly denyRun?: readonly string[];
  /** Whether task code may start workers of its own. Default `false`. */
  readonly workers?: boolean;
  /** Native libraries that can be loaded; `true` for all. They are under none of these rules. Default: none. */
  readonly ffi?: readonly PermissionPath[] | boolean;
  /** Native libraries that cannot be loaded, whatever `ffi` says. */
  readonly denyFfi?: readonly PermissionPath[];
  /**
   * What can be asked about the system, by Deno's names: `"hostname"`, `"osRelease"`, `"osUptime"`,
   * `"loadavg"`, `"networkInterfaces"`, `"systemMemoryInfo"`, `"uid"`, `"gid"`. Default: none.
   */
  readonly sys?: readonly string[] | true;
  /** What cannot be asked, whatever `sys` says. */
  readonly denySys?: readonly string[];
  /** Whether WASI modules can be run. Default `false`. */
  readonly wasi?: boolean;
  /** More for Node alone. */
  readonly node?: {
    /** As {@linkcode PermissionProtocol.workers}. */
    readonly allowWorker?: boolean;
    /** As `run: true`, unless `run` is given. */
    readonly allowChildProcess?: boolean;
    /** Whether add-ons can be loaded, but not other native libraries. */
    readonly allowAddons?: boolean;
    /** Whether `node:ffi` can be used, but no add-ons. */
    readonly allowFfi?: boolean;
    /** As {@linkcode PermissionProtocol.wasi}. */
    readonly allowWasi?: boolean;
  };
  /** More for Deno alone, for workers that are processes. */
  readonly deno?: {
    /** The lock file; `false` for none. Default: `deno.lock` in `cwd`, if it exists. */
    readonly lock?: boolean | PermissionPath;
    /** Whether modules that the lock file does not name are refused. Default `true`. */
    readonly frozen?: boolean;
    /** As `run: true`, unless `run` is given. */
    readonly allowRun?: boolean;
  };
}
