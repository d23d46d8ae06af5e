import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { nativeLibraryPath } from "../../src/native/library.ts";
import { User } from "./user.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const PROGRAM = `
import { createPool, isMain, KnittingError } from "@vixeny/knitting";
import { ProcessSharedBuffer } from "@vixeny/knitting/shared-memory";
import { ProcessSharedBuffer as Same } from "@vixeny/knitting/process-shared-buffer";
import { task } from "@vixeny/knitting/task";
import { BufferReference } from "@vixeny/knitting/unsafe";
import { bufferToString, stringToBuffer } from "@vixeny/knitting/utils";

export const add = ([a, b]: [number, number]): number => a + b;
export const length = task({ f: (reference: BufferReference) => reference.byteLength });
export const read = (shared: ProcessSharedBuffer): number => shared.view(Int32Array)[0]!;
export const shout = (text: SharedArrayBuffer): string => bufferToString(text).toUpperCase();

if (isMain) {
  await using pool = createPool({ threads: 2 })({ add, length, read, shout });
  const results = [
    await pool.call.add([2, 3]),
    await pool.call.length(new BufferReference(new Uint8Array(7))),
    await pool.call.shout(stringToBuffer("quiet")),
  ];
  let cell: unknown;
  try {
    const shared = Same.create(64);
    shared.view(Int32Array)[0] = 42;
    cell = await pool.call.read(shared);
  } catch (error) {
    cell = (error as KnittingError).code;
  }
  console.log(JSON.stringify([...results, cell]));
}
`;

/** The files that would be published, by what Deno says of it. */
function publishedFiles(): string[] {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["publish", "--dry-run", "--allow-dirty"],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    },
  );
  assert.equal(status, 0, stderr);
  return [...stderr.matchAll(/^\s+(file:\S+) \(.*B\)$/gm)].map(([, url]) =>
    relative(ROOT, fileURLToPath(url!))
  );
}

describe("the JSR module, linked as if it came from there", () => {
  const user = new User();
  const files = publishedFiles();
  before(() => {
    for (const file of files) cpSync(join(ROOT, file), join(user.folder, "published", file));
    user.write("app/main.ts", PROGRAM);
    const names = [
      "",
      "/metrics",
      "/opentelemetry",
      "/shared-memory",
      "/process-shared-buffer",
      "/task",
      "/unsafe",
      "/utils",
    ];
    const imports = Object.fromEntries(
      names.map((name) => [`@vixeny/knitting${name}`, `jsr:@vixeny/knitting@*${name}`]),
    );
    user.write("app/deno.json", JSON.stringify({ imports, links: ["../published"] }));
  });
  after(() => user.remove());

  it("is the sources, the licence and the documents, and nothing else", () => {
    const others = files.filter((file) =>
      !/^(src\/.*|cli|metrics|mod|opentelemetry|shared_memory|task|unsafe)\.ts$/.test(file)
    );
    const documents = ["CHANGELOG.md", "LICENSE", "README.md", "deno.json", "src/README.md"];
    assert.deepEqual(others.sort(), documents);
  });

  it("type-checks", () => {
    const { code, stderr } = user.run([
      process.execPath,
      "check",
      "--quiet",
      "--config",
      "app/deno.json",
      "app/main.ts",
    ]);
    assert.equal(code, 0, stderr);
  });

  it("runs, but for shared memory, which says what it needs", () => {
    const { code, stdout, stderr } = user.run([
      process.execPath,
      "run",
      "-A",
      "--quiet",
      "app/main.ts",
    ]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), [5, 7, "QUIET", "KNT_ERROR_NATIVE"]);
  });

  it("uses shared memory with the library that KNITTING_NATIVE_LIBRARY names", () => {
    const env = { KNITTING_NATIVE_LIBRARY: nativeLibraryPath()! };
    const command = [process.execPath, "run", "-A", "--quiet", "app/main.ts"];
    const { code, stdout, stderr } = user.run(command, env);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), [5, 7, "QUIET", 42]);
  });

  it("has the command, which tries threads without the native library", () => {
    const config = ["--config", "app/deno.json"];
    const program = "jsr:@vixeny/knitting@*/cli";
    const args = [program, "doctor", "--quick", "--json"];
    const command = [process.execPath, "run", "-A", "--quiet", ...config, ...args];
    const { code, stdout, stderr } = user.run(command);
    assert.equal(code, 0, stderr);
    const { knitting, native, selfTest } = JSON.parse(stdout);
    const { version } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
    assert.deepEqual([knitting, native.trouble.code], [version, "KNT_ERROR_NATIVE"]);
    assert.deepEqual([selfTest.subjects[0].name, selfTest.subjects[0].ok], ["threads", true]);
  });
});
