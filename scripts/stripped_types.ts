// Node takes the types out of every module in every thread anew, which was most of what its tests took. For a
// test run they are taken out once, by Node itself; with KNITTING_LONG=1 everything is as users have it.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Runtime } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HOOK = pathToFileURL(join(ROOT, "scripts/node_stripped.mjs")).href;

/** Runs `body`, in which every program that runs on Node loads modules whose types are gone already. */
export async function withStrippedTypes<T>(node: Runtime, body: () => Promise<T>): Promise<T> {
  // In the project, where workers may read.
  const folder = mkdtempSync(join(ROOT, "node_modules", ".stripped-"));
  const { NODE_OPTIONS } = process.env;
  try {
    const args = [
      "--disable-warning=ExperimentalWarning",
      join(ROOT, "scripts/strip_types.mjs"),
      folder,
    ];
    const { status } = spawnSync(node.path, args, { stdio: "inherit" });
    if (status !== 0) throw new Error("the types of modules cannot be taken out");
    process.env["NODE_OPTIONS"] = [NODE_OPTIONS, `--import=${HOOK}`].filter(Boolean).join(" ");
    process.env["KNITTING_STRIPPED_TYPES"] = folder;
    return await body();
  } finally {
    delete process.env["KNITTING_STRIPPED_TYPES"];
    if (NODE_OPTIONS === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = NODE_OPTIONS;
    rmSync(folder, { recursive: true, force: true });
  }
}
