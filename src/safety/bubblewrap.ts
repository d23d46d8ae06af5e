/**
 * A policy as a command of bubblewrap's: the kernel holds the worker to it, whatever runtime it is, and
 * whatever native code does. What is not named here is not there.
 *
 * The file system of the worker is empty at first. Bound into it, read-only, are the libraries of the
 * system, the program of the runtime, and what `read` allows; what `write` allows can be written and so
 * be read, too. Something denied inside of a folder is kept out by binding everything else in it, one by
 * one. So what is made later directly in such a folder is not seen, and nothing can be made there.
 * `/proc`, `/dev` and `/tmp` are the worker's own.
 *
 * @module
 */

import { type FileView, isInside } from "./file_view.ts";
import { type Allowed, isNothing, type Policy } from "./policy.ts";

/** What a worker needs, whatever its policy says. */
export interface SandboxNeeds {
  /** Path of the runtime, without links. */
  readonly program: string;
  /** The library's own code. */
  readonly read: readonly string[];
  /** Where the worker starts. */
  readonly workingDirectory: string;
  /** How many MiB it may keep in memory as files; `undefined` for no limit. */
  readonly filesMb: number | undefined;
}

/** The program that makes sandboxes. */
export const SANDBOX = "bwrap" as const;

/** What programs are linked with, and the time zone. */
const LIBRARIES = [
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/usr/lib",
  "/usr/lib32",
  "/usr/lib64",
  "/usr/share/zoneinfo",
  "/etc/ld.so.cache",
  "/etc/localtime",
  "/nix/store",
  "/gnu/store",
];
const PROGRAMS = ["/bin", "/sbin", "/usr"];
/** How hosts are found, and whom to trust. */
const NETWORK = [
  "/etc/resolv.conf",
  "/etc/hosts",
  "/etc/nsswitch.conf",
  "/etc/ssl",
  "/etc/pki",
  "/etc/ca-certificates",
  "/usr/share/ca-certificates",
];
/** What the worker has of its own; of the system's nothing is bound over it. */
const OWN = ["/proc", "/dev"];

/** Whether nothing in a path that a policy lists is hidden by what the worker has of its own. */
export function isBoundAsItIs(path: string): boolean {
  return path !== "/" && !OWN.includes(path);
}

/** The words before the command of a worker. Standard input is left alone. */
export function sandboxWords(
  policy: Policy,
  needs: SandboxNeeds,
  files: FileView,
): readonly string[] {
  const { workingDirectory } = needs;
  const mounts = mountsOf(policy, needs, files);
  const hasFolder = mounts.some(({ path }) => isInside(workingDirectory, path, files));
  return [
    SANDBOX,
    "--unshare-all",
    ...(isNothing(policy.net) ? [] : ["--share-net"]),
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    ...(needs.filesMb === undefined ? [] : ["--size", `${needs.filesMb * 2 ** 20}`]),
    "--tmpfs",
    "/tmp",
    ...mounts.flatMap(({ how, from, path }) => how === EMPTY ? [how, path] : [how, from, path]),
    ...(hasFolder ? [] : ["--dir", workingDirectory]),
    // What is in memory would take anything.
    ...[...emptyFolders(mounts), "/dev", "/"].flatMap((path) => ["--remount-ro", path]),
    "--chdir",
    workingDirectory,
    "--",
  ];
}

/** Where Deno may keep what it compiles: anywhere else it could not write. */
export function sandboxVariables(
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { DENO_DIR: "/tmp/deno", ...environment };
}

/** A folder in memory, for one that is put together from what is allowed in it. */
const EMPTY = "--tmpfs";

interface Mount {
  readonly how: "--bind" | "--ro-bind" | "--symlink" | typeof EMPTY;
  readonly from: string;
  readonly path: string;
}

function emptyFolders(mounts: readonly Mount[]): readonly string[] {
  return mounts.filter(({ how }) => how === EMPTY).map(({ path }) => path);
}

/** What is bound, folders before what lies in them. */
function mountsOf(policy: Policy, needs: SandboxNeeds, files: FileView): readonly Mount[] {
  const { denyRead, denyWrite } = policy;
  const places = new Places(files);
  for (const path of pathsOf(policy.write)) places.add("--bind", path, [...denyWrite, ...denyRead]);
  for (const path of pathsOf(policy.read)) places.add("--ro-bind", path, denyRead);
  for (const path of [...policy.code(), ...needs.read]) places.add("--ro-bind", path, denyRead);
  const system = [
    needs.program,
    ...LIBRARIES,
    ...(isNothing(policy.run) ? [] : PROGRAMS),
    ...(isNothing(policy.net) ? [] : NETWORK),
  ];
  for (const path of system) places.add("--ro-bind", path, []);
  return places.mounts();
}

function pathsOf(allowed: Allowed): readonly string[] {
  return allowed === true ? ["/"] : allowed;
}

function isBound(mount: Mount | undefined): boolean {
  return mount?.how === "--bind" || mount?.how === "--ro-bind";
}

/** Collects what is to be bound. */
class Places {
  readonly #files: FileView;
  readonly #mounts = new Map<string, Mount>();

  constructor(files: FileView) {
    this.#files = files;
  }

  /** Adds a path, without what is denied in it. What can be written stays so. */
  add(how: "--bind" | "--ro-bind", path: string, denied: readonly string[]): void {
    const files = this.#files;
    if (OWN.includes(path) || isInside(path, "/proc", files)) return;
    if (denied.some((one) => isInside(path, one, files)) || !files.exists(path)) return;
    const real = files.realPath(path);
    if (real !== path) {
      this.#addLink(path);
      return this.add(how, real, denied);
    }
    const apart = path === "/" || denied.some((one) => isInside(one, path, files));
    if (!apart) {
      if (!isBound(this.#mounts.get(path))) this.#mounts.set(path, { how, from: path, path });
      return;
    }
    if (path !== "/" && !this.#mounts.has(path)) {
      this.#mounts.set(path, { how: EMPTY, from: path, path });
    }
    for (const name of files.list(path) ?? []) {
      const entry = files.absolute(name, path);
      // A link is made anew: bound, it would be what it leads to.
      if (files.realPath(entry) === entry) this.add(how, entry, denied);
      else if (!denied.some((one) => isInside(entry, one, files))) this.#addLink(entry);
    }
  }

  /** Adds the first link on the way to a path. */
  #addLink(path: string): void {
    const files = this.#files;
    const parent = files.absolute("..", path);
    if (files.realPath(parent) !== parent) return this.#addLink(parent);
    const link: Mount = { how: "--symlink", from: files.realPath(path), path };
    if (!this.#mounts.has(path)) this.#mounts.set(path, link);
  }

  /** Without what is there already, because it lies in something that is. */
  mounts(): readonly Mount[] {
    const all = [...this.#mounts.values()].sort((a, b) => a.path < b.path ? -1 : 1);
    return all.filter((mount) =>
      !all.some((other) => other !== mount && this.#covers(other, mount))
    );
  }

  #covers(outer: Mount, inner: Mount): boolean {
    if (!isBound(outer) || !isInside(inner.path, outer.path, this.#files)) return false;
    return outer.how === "--bind" || inner.how !== "--bind";
  }
}
