/**
 * The projects that workers load code from: what they must read, and what secrets lie there.
 *
 * @module
 */

import { type FileView, isInside } from "./file_view.ts";
import type { Allowed } from "./policy.ts";

/** What is denied in strict mode: secrets of the project and of the user, and the system. */
const PROJECT_SECRETS = [".env", ".git", ".npmrc", ".docker", ".secrets"];
const HOME_SECRETS = [".ssh", ".gnupg", ".aws", ".azure", ".config/gcloud", ".kube"];
const SYSTEM = [
  "/proc",
  "/proc/self",
  "/proc/self/environ",
  "/proc/self/mem",
  "/sys",
  "/dev",
  "/etc",
];

/**
 * Runtimes follow links, wherever they lead. Workers cannot make any; those that are directly in an
 * allowed folder and lead to what is denied are denied here. Links deeper down are not looked for.
 */
export function linksTo(
  denied: readonly string[],
  allowed: Allowed,
  files: FileView,
): readonly string[] {
  if (allowed === true) return [];
  return allowed.flatMap((folder) =>
    files.links(folder).map((name) => files.absolute(name, folder)).filter((path) => {
      const real = files.realPath(path);
      return real !== path && !denied.includes(path) &&
        denied.some((one) => isInside(real, one, files));
    })
  );
}

/** The working directory, and the projects of modules that are elsewhere: what can be read by default. */
export function projectFolders(
  cwd: string,
  modules: readonly string[],
  files: FileView,
): readonly string[] {
  const folders = new Set([cwd]);
  for (const module of modules) {
    if (!isInside(module, cwd, files)) folders.add(projectOf(module, files));
  }
  return [...folders];
}

/** The folder around a module that is a project; without any, the one that the module is in. */
function projectOf(module: string, files: FileView): string {
  const own = files.absolute("..", module);
  const around = foldersUp(own, files);
  const home = files.home();
  // Nobody's project is the whole file system, or all of a home directory.
  const candidates = around.slice(0, -1).filter((folder) => folder !== home);
  const isProject = (folder: string): boolean =>
    PROJECT_MARKS.some((name) => files.exists(files.absolute(name, folder)));
  return candidates.find(isProject) ?? own;
}

const PROJECT_MARKS = ["package.json", "deno.json", "deno.jsonc", "node_modules"];

/**
 * A program may be in a folder that is denied by default, say in /dev/shm: the folder that it runs in
 * is meant to be read, so the denials around it are left out.
 */
export function defaultDenials(
  projects: readonly string[],
  files: FileView,
): { read: readonly string[]; write: readonly string[] } {
  const secrets = projects.flatMap((folder) =>
    PROJECT_SECRETS.map((name) => files.absolute(name, folder))
  );
  const home = files.home();
  if (home !== undefined) secrets.push(...HOME_SECRETS.map((name) => files.absolute(name, home)));
  const folders = projects.map(files.realPath);
  const isApart = (path: string): boolean =>
    folders.every((folder) => !isInside(folder, path, files));
  const kept = secrets.filter(isApart);
  return {
    read: files.isWindows ? kept : [...kept, ...SYSTEM.filter(isApart)],
    write: [...kept, ...projects.map((folder) => files.absolute("node_modules", folder))],
  };
}

/**
 * What runtimes look at to find out how modules of a project are loaded, and where packages are: in
 * `node_modules` of all folders around it. A package can be a link to somewhere else.
 */
export function projectFiles(folder: string, files: FileView): readonly string[] {
  const found = CONFIGURATION.map((name) => files.absolute(name, folder));
  for (const around of foldersUp(folder, files)) {
    const packages = files.absolute("node_modules", around);
    found.push(packages, files.absolute("package.json", around));
    found.push(...linkedPackages(packages, files));
  }
  return found.filter((path) => files.exists(path));
}

/** A folder and all around it, from the inside to the outside. */
function foldersUp(folder: string, files: FileView): readonly string[] {
  const parent = files.absolute("..", folder);
  return parent === folder ? [folder] : [folder, ...foldersUp(parent, files)];
}

const CONFIGURATION = [
  "deno.json",
  "deno.jsonc",
  "deno.lock",
  "bun.lock",
  "bun.lockb",
  "bunfig.toml",
  "tsconfig.json",
];

/** Where links among packages lead that lead out of the folder: to other packages of a workspace, say. */
function linkedPackages(packages: string, files: FileView): readonly string[] {
  const scopes = (files.list(packages) ?? []).filter((name) => name.startsWith("@"));
  return [packages, ...scopes.map((name) => files.absolute(name, packages))].flatMap((folder) =>
    files.links(folder).map((name) => files.realPath(files.absolute(name, folder)))
      .filter((path) => !isInside(path, packages, files))
  );
}
