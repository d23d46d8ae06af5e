import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { platform } from "../../src/runtime/native_module.ts";
import { type ProgramOptions, runProgram, runtimeName } from "../support/program.ts";

const library = fileURLToPath(
  new URL(`../../prebuilds/${platform}/knitting.node`, import.meta.url),
);

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string;
}

/** Runs the program, asserts that pools work and shared memory does not; what is said of it. */
async function failures(options: ProgramOptions): Promise<Failure[]> {
  const { code, stdout, stderr } = await runProgram("without_native.ts", options);
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
