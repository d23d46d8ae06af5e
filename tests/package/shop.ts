// A developer who bundles a program with tasks, and a user who gets nothing but the bundle.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ending, installed, nodes, User } from "./user.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const TOOLS = ["esbuild", "rollup", "@rollup/plugin-node-resolve", "vite"];

/** Definitions that no module exports under a name, as a bundler leaves them. */
const TASKS = `
import { setModuleUrl, task } from "knitting";
setModuleUrl(import.meta.url);

const FACTOR: number = 2;
const double = task({ f: (value: number) => value * FACTOR });
const shout = task({ f: (text: string) => text.toUpperCase() });
export const tasks = { double, shout };
`;

const APP = `
import { createPool, isMain, setModuleUrl } from "knitting";
import { tasks } from "./tasks.ts";
setModuleUrl(import.meta.url);

export const add = ([a, b]: [number, number]): number => a + b;

/** Workers may read nothing but what they load; Bun cannot hold them to that. */
const narrow = { permission: { read: ["data"], onGap: "warn" } };
const permission = "Bun" in globalThis ? {} : narrow;

async function use(options: object) {
  const pool = createPool({ threads: 2, ...permission, ...options })({ add, ...tasks });
  try {
    return await Promise.all([pool.call.add([2, 3]), pool.call.double(4), pool.call.shout("quiet")]);
  } finally {
    await pool.shutdown();
  }
}

async function main() {
  const own = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";
  const [only, source, processRuntime = own] = process.argv.slice(2);
  const given = source && { source: new URL(source, import.meta.url).href };
  const results: Record<string, unknown> = {};
  for (const runtime of only === "thread" ? ["thread"] : ["thread", "process"]) {
    results[runtime] = await use({ ...given, worker: { runtime, processRuntime } });
  }
  console.log(JSON.stringify(results));
}

if (isMain) void main();
`;
/** What the program prints. */
export const RESULT = { thread: [5, 8, "QUIET"], process: [5, 8, "QUIET"] };

const WORKER = `
import { workerMainLoop } from "knitting";
await workerMainLoop();
`;

/** The command of a bundler that is installed. */
export const tool = (path: string): readonly string[] => [
  ...nodes[0]!.command,
  `node_modules/${path}`,
];

/** The command of esbuild, with a format. */
export const esbuild = (format: string, ...args: string[]): readonly string[] => [
  ...tool("esbuild/bin/esbuild"),
  "--bundle",
  "--platform=node",
  "--log-level=error",
  `--format=${format}`,
  "--outdir=dist",
  ...args,
];

/** Runs a command that has to succeed. */
export function succeed(
  user: User,
  command: readonly string[],
  env?: Record<string, string>,
): Ending {
  const ending = user.run(command, env);
  assert.equal(ending.code, 0, ending.stderr + ending.stdout);
  return ending;
}

/** A developer with the tools, and another machine, to which only what was built is brought. */
export class Shop {
  readonly developer: User = installed();
  readonly user: User = new User();

  constructor() {
    for (const name of TOOLS) {
      const link = join(this.developer.folder, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(realpathSync(join(MODULES, name)), link, "junction");
    }
    this.developer.write("package.json", JSON.stringify({ type: "module" }));
    this.developer.write("app.ts", APP);
    this.developer.write("tasks.ts", TASKS);
    this.developer.write("worker.ts", WORKER);
    this.user.write("package.json", JSON.stringify({ type: "module" }));
  }

  /** Makes `dist`, which holds nothing else then, and brings it to the user. */
  build(command: readonly string[], place: string): void {
    const dist = join(this.developer.folder, "dist");
    rmSync(dist, { recursive: true, force: true });
    succeed(this.developer, command);
    cpSync(dist, join(this.user.folder, place), { recursive: true });
  }

  /** Brings the native files to the user, too. */
  addPrebuilds(place: string): void {
    const prebuilds = join(this.developer.folder, "node_modules/knitting/prebuilds");
    cpSync(prebuilds, join(this.user.folder, place, "prebuilds"), { recursive: true });
  }

  remove(): void {
    this.developer.remove();
    this.user.remove();
  }
}

/** Runs a program that prints JSON. */
export function assertPrints(user: User, command: readonly string[], expected: unknown): void {
  assert.deepEqual(JSON.parse(succeed(user, command).stdout), expected);
}
