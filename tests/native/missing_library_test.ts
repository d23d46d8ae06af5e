import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { platform } from "../../src/runtime/native_module.ts";
import { type ProgramOptions, runProgram, runtimeName } from "../support/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const library = join(ROOT, `prebuilds/${platform}/knitting.node`);

const PROGRAM = "tests/fixtures/programs/without_native.ts";
/** What that program needs; `deno.json` marks a project, whose modules can be read. */
const COPIED = [
  "src",
  "prebuilds",
  "mod.ts",
  "shared_memory.ts",
  "unsafe.ts",
  "deno.json",
  PROGRAM,
];

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string;
}

/** Runs the program, asserts that pools work and shared memory does not; what is said of it. */
async function failures(
  options: ProgramOptions,
  program: string | URL = "without_native.ts",
): Promise<Failure[]> {
  const { code, stdout, stderr } = await runProgram(program, options);
  assert.equal(code, 0, stderr);
  const { square, again, knowsAddress, host, worker } = JSON.parse(stdout);
  assert.deepEqual([square, again, knowsAddress], [49, 64, false]);
  for (const failure of [host, worker] as Failure[]) {
    assert.equal(failure.code, "KNT_ERROR_NATIVE", JSON.stringify(failure));
    assert.equal(failure.name, "KnittingError");
    assert.match(failure.message, /^The native library for \w+-\w+ is not available: /);
    assert.match(failure.message, /Pools of threads do not need it\.$/);
  }
  return [host, worker];
}

describe("without the native library", () => {
  it("pools work, and shared memory says what to do", async () => {
    const env = { KNITTING_NATIVE_LIBRARY: "/nonexistent" };
    for (const { message } of await failures({ env })) {
      assert.match(message, /\/nonexistent cannot be loaded/);
      assert.match(message, /deno task build:native/);
    }
  });

  for (const path of ["", relative(process.cwd(), library)]) {
    it(`is not said of a library that is there: "${path}"`, async () => {
      const env = { KNITTING_NATIVE_LIBRARY: path };
      const { code, stdout, stderr } = await runProgram("without_native.ts", { env });
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), {
        square: 49,
        worker: "created",
        again: 64,
        knowsAddress: true,
      });
    });
  }

  it("so it is with a file that is no library", async () => {
    const path = join(tmpdir(), `knitting-${process.pid}.node`);
    writeFileSync(path, "not a library");
    const env = { KNITTING_NATIVE_LIBRARY: path };
    try {
      for (const { message } of await failures({ env })) assert.match(message, /cannot be loaded/);
    } finally {
      rmSync(path);
    }
  });

  it("so it is with one that was built for another version", async () => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), "knitting-interface-"));
    try {
      for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
      const symbols = join(folder, "src/native/symbols.ts");
      const source = readFileSync(symbols, "utf8");
      const next = source.replace(/(INTERFACE\b.*= )(\d+)/, (_, text, n) => text + (Number(n) + 1));
      assert.notEqual(next, source);
      writeFileSync(symbols, next);
      const program = pathToFileURL(join(folder, PROGRAM));
      for (const { message } of await failures({}, program)) {
        assert.match(
          message,
          /has interface \d+ and this version of knitting needs \d+\. Build it again/,
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("so it is when the library came from a URL, which only Deno can", {
    skip: runtimeName !== "deno",
  }, async () => {
    const cache = mkdtempSync(join(tmpdir(), "knitting-url-"));
    const server = createServer(({ url }, response) => {
      response.setHeader("content-type", "application/typescript");
      response.end(readFileSync(join(ROOT, url!)));
    });
    try {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const args = [`http://127.0.0.1:${port}/`];
      const { code, stdout, stderr } = await runProgram("from_url.ts", {
        args,
        flags: ["--no-lock"], // else the project's would have the modules of this server
        env: { DENO_DIR: cache },
      });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /is not available: knitting was loaded from http:\/\/127\.0\.0\.1:\d+,/);
      assert.match(stdout, /Set KNITTING_NATIVE_LIBRARY to the path of one/);
    } finally {
      server.close();
      rmSync(cache, { recursive: true });
    }
  });

  it("so it is on Deno without permission", { skip: runtimeName !== "deno" }, async () => {
    const permissions = ["--allow-read", "--allow-env", "--allow-sys"];
    for (const { message } of await failures({ flags: permissions, permissions: false })) {
      assert.match(message, /^[^.]*Deno does not allow it/);
      assert.match(message, /--allow-ffi/);
    }
  });

  it("so it is on Node without permission", { skip: runtimeName !== "node" }, async () => {
    const flags = ["--permission", "--allow-fs-read=*", "--allow-worker"];
    for (const { message } of await failures({ flags })) {
      assert.match(message, /Node does not allow it/);
      assert.match(message, /--allow-addons/);
    }
  });
});
