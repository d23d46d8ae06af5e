// Programs that load the library from a folder of somebody else's.

import assert from "node:assert/strict";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runProgram, runtimeName } from "../support/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** All but those that are no part of it for workers. */
const ENTRY_POINTS = Object.values(
  JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")).exports as Record<string, string>,
).filter((path) => path !== "./cli.ts");

const program = (library: string): string => `
import { readFileSync } from "node:fs";
import { createPool, isMain, task } from "${library}/mod.ts";
${ENTRY_POINTS.map((path) => `import "${library}/${path.slice(2)}";`).join("\n")}

export const read = task({
  f: (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      return (error as Error).name;
    }
  },
});

if (isMain) {
  const seen = [];
  for (const runtime of ["thread", "process"] as const) {
    const pool = createPool({ threads: 1, worker: { runtime } })({ read });
    seen.push(await Promise.all(process.argv.slice(2).map((path) => pool.call.read(path))));
    await pool.shutdown();
  }
  console.log(JSON.stringify(seen));
}
`;

describe("strict permissions, where the library is elsewhere", () => {
  let folders: { readonly library: string; readonly project: string };
  before(() => {
    const make = (name: string) => mkdtempSync(join(realpathSync(tmpdir()), `knitting-${name}-`));
    folders = { library: make("library"), project: make("project") };
    const { library, project } = folders;
    const modules = readdirSync(ROOT).filter((name) => name.endsWith(".ts"));
    for (const name of ["src", "prebuilds", "deno.json", ...modules]) {
      cpSync(join(ROOT, name), join(library, name), { recursive: true });
    }
    writeFileSync(join(library, "notes.txt"), "notes of somebody else");
    writeFileSync(join(project, "notes.txt"), "notes of the project");
    writeFileSync(join(project, "main.ts"), program(pathToFileURL(library).href));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  });
  after(() => {
    for (const folder of Object.values(folders)) rmSync(folder, { recursive: true });
  });

  it("let workers load all of it, and read nothing that lies beside it", async () => {
    const { library, project } = folders;
    const args = [project, library].map((folder) => join(folder, "notes.txt"));
    const main = pathToFileURL(join(project, "main.ts"));
    const { code, stdout, stderr } = await runProgram(main, { args, cwd: project });
    assert.equal(code, 0, stderr);
    // Only Node keeps threads from reading files. Processes are those of Deno, wherever that is there.
    const inThread = runtimeName === "node" ? "Error" : "notes of somebody else";
    assert.deepEqual(JSON.parse(stdout), [
      ["notes of the project", inThread],
      ["notes of the project", "NotCapable"],
    ]);
  });
});
