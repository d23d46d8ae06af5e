// What package.json of the npm package says. Everything that deno.json says, too, is taken from there.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { oldestSupported } from "../src/runtime/supported.ts";
import { linksOf } from "./markdown.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** By this name the package finds the adapter of the runtime that loads it. */
export const ADAPTER = "#adapter";

/** The module that the command runs. */
export const COMMAND = "cli.js";

/** The part of deno.json that is used here. */
export interface Project {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

/** deno.json. */
export function readProject(): Project {
  return JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
}

/** The path of the tarball of a version. */
export function tarballOf(version: string): string {
  return join(ROOT, `knitting-${version}.tgz`);
}

/** Where package.json says that an entry point is: `./mod.ts` is `./mod.js` there. */
export function compiled(path: string): string {
  return path.replace(/\.ts$/, ".js");
}

/** What is imported. The command is none of it: npm knows it by its name. */
export function entryPoints({ exports }: Project): Readonly<Record<string, string>> {
  const { "./cli": _, ...others } = exports;
  return others;
}

/** With what only npm has: JSR has sources, and that for browsers must be bundled. */
function npmExports(project: Project): Readonly<Record<string, string>> {
  return { ...entryPoints(project), "./browser": "./browser.ts" };
}

/** What Bun loads for `.`, which loads the rest of it while a function runs. */
export const LAZY = "lazy.js";

/** Other bundlers that build for Bun may not know what `require` loads; for "module" see {@linkcode IMPORTS}. */
const ON_BUN = { module: "./mod.js", bun: `./${LAZY}` };

/** A module for each subpath; TypeScript takes the first condition that it knows. */
function exportsOf(project: Project): Record<string, unknown> {
  const entries = Object.entries(npmExports(project)).map(([subpath, path]) => [
    subpath,
    {
      types: path.replace(/\.ts$/, ".d.ts"),
      ...subpath === "." && ON_BUN,
      default: compiled(path),
    },
  ]);
  return { ...Object.fromEntries(entries), "./package.json": "./package.json" };
}

/**
 * Each runtime reads its own adapter and no other. Most bundlers have the condition "module": nobody knows
 * what their bundle will run on, so it gets the module that finds out.
 */
const IMPORTS = {
  [ADAPTER]: {
    deno: "./src/runtime/deno.js",
    bun: "./src/runtime/bun.js",
    module: "./src/runtime/adapter.js",
    node: "./src/runtime/node.js",
    default: "./src/runtime/adapter.js",
  },
};

/** The content of package.json. Where the sources are is said where that is known. */
export function packageJson(project: Project, repository: string | undefined): object {
  return {
    name: "knitting",
    version: project.version,
    description:
      "A worker pool for Node, Deno and Bun: call functions on other threads, or in other " +
      "processes, through shared memory.",
    keywords: [
      "worker",
      "pool",
      "threads",
      "worker_threads",
      "processes",
      "parallel",
      "shared-memory",
      "node",
      "deno",
      "bun",
    ],
    license: project.license,
    ...repository === undefined ? {} : {
      repository: { type: "git", url: `git+${repository}.git` },
      homepage: `${repository}#readme`,
      bugs: `${repository}/issues`,
    },
    type: "module",
    sideEffects: [
      "./browser.js",
      "./lazy.js",
      "./mod.js",
      "./src/api/create_pool.js",
      "./src/worker/entry.js",
      "./src/worker/main_loop.js",
    ],
    bin: { knitting: COMMAND },
    exports: exportsOf(project),
    imports: IMPORTS,
    engines: Object.fromEntries(
      Object.entries(oldestSupported).map(([name, version]) => [name, `>=${version}`]),
    ),
    publishConfig: { access: "public", provenance: true },
  };
}

/** The address of the repository on the web: that of the workflow that runs, or of this clone's origin. */
export function findRepository(): string | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
  if (GITHUB_SERVER_URL && GITHUB_REPOSITORY) return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;
  const { stdout } = spawnSync("git", ["remote", "get-url", "origin"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return webAddress((stdout ?? "").trim());
}

/**
 * The README as the package has it: relative links lead to the sources of this version on the web, because
 * of what they name only CHANGELOG.md and LICENSE are in the package. Where the sources are is not known
 * in every clone; then they stay, and a package that is published has a repository (scripts/release.ts).
 */
export function packageReadme(
  readme: string,
  version: string,
  repository: string | undefined,
): string {
  if (repository === undefined) return readme;
  let text = "";
  let from = 0;
  for (const { target, at, isImage } of linksOf(readme)) {
    if (/^([a-z]+:|#)/.test(target)) continue;
    const view = isImage ? "raw" : "blob";
    text += `${readme.slice(from, at)}${repository}/${view}/v${version}/${target}`;
    from = at + target.length;
  }
  return text + readme.slice(from);
}

/** `https://host/owner/name` of the address of a remote; `undefined` if it is not on the web. */
export function webAddress(remote: string): string | undefined {
  const [, host, path] = /^(?:https:\/\/|git@)([\w.-]+\.\w+)[/:](.+?)(?:\.git)?$/.exec(remote) ??
    [];
  return host === undefined ? undefined : `https://${host}/${path}`;
}
