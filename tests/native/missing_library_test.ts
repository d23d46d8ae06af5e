import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { type ProgramOptions, runProgram, runtimeName } from "../support/program.ts";

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string;
}

/** Runs the program, asserts that pools work and shared memory does not; what is said of it. */
async function failures(options: ProgramOptions): Promise<Failure[]> {
  const { code, stdout, stderr } = await runProgram("without_native.ts", options);
  assert.equal(code, 0, stderr);
  const { square, again, host, worker } = JSON.parse(stdout);
  assert.deepEqual([square, again], [49, 64]);
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
