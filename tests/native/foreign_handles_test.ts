// Code that has the library can hand it any handle, of this process or another: it gets nothing but memory.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { mapFromProcess } from "../../src/memory/native_primitives.ts";
import { nativeLibrary } from "../../src/native/library.ts";
import { LifeLine } from "../../src/native/life_line.ts";
import { freshName, isLinux, pathOf, throwsCode } from "../support/shared_memory.ts";

const SIZE = 4096;
const ENODEV = -19;
const SHARED_MEMORY = "KNT_ERROR_SHARED_MEMORY";

/** Gives `body` the path of a file on a disk; `/tmp` is often memory. */
function withFile(body: (path: string) => void): void {
  const folder = mkdtempSync("/var/tmp/knitting-");
  const path = join(folder, "file");
  writeFileSync(path, "x".repeat(SIZE));
  try {
    body(path);
    assert.equal(readFileSync(path, "utf8"), "x".repeat(SIZE));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Gives `body` a handle to a file. */
function withHandle(path: string, flags: string, body: (handle: number) => void): void {
  const handle = openSync(path, flags);
  try {
    body(handle);
  } finally {
    closeSync(handle);
  }
}

/** Gives `body` another process whose standard output is `handle`. */
function withProcess(handle: number, body: (processId: number) => void): void {
  const child = spawn("cat", { stdio: ["pipe", handle, "ignore"] });
  try {
    body(child.pid!);
  } finally {
    child.stdin!.destroy();
    child.kill("SIGKILL");
  }
}

const countHandles = () => readdirSync("/proc/self/fd").length;

describe("handles that are no shared memory", { skip: !isLinux }, () => {
  it("are not opened again from another process", () => {
    const { call } = nativeLibrary();
    withFile((path) => {
      withHandle(path, "r+", (handle) => {
        withProcess(handle, (processId) => {
          const before = countHandles();
          assert.equal(call.knit_handle_reopen(processId, 1), ENODEV);
          throwsCode(
            SHARED_MEMORY,
            /^Cannot map the memory that process \d+ has shared: .* was not made by knitting$/,
            () => mapFromProcess(processId, 1, SIZE, call.knit_memory_identity(handle)),
          );
          assert.equal(countHandles(), before);
        });
      });
    });
  });

  it("are not opened again if they are memory that can be made shorter", () => {
    const { call } = nativeLibrary();
    const path = pathOf(freshName());
    withHandle(path, "wx+", (handle) => {
      rmSync(path);
      ftruncateSync(handle, SIZE);
      withProcess(handle, (processId) => {
        assert.equal(call.knit_handle_reopen(processId, 1), ENODEV);
      });
    });
  });

  it("are not opened for writing where they were open for reading", () => {
    withFile((path) => {
      withHandle(path, "r", (handle) => {
        throwsCode(SHARED_MEMORY, /: ENODEV/, () => new LifeLine(handle, ""));
      });
    });
    const name = freshName();
    const shared = ProcessSharedBuffer.create({ mode: "create", name, size: SIZE });
    withHandle(pathOf(name), "r", (handle) => {
      throwsCode(SHARED_MEMORY, /: EACCES/, () => new LifeLine(handle, ""));
    });
    rmSync(pathOf(name));
    shared.close();
  });

  it("are not mapped", () => {
    const { call } = nativeLibrary();
    withFile((path) => {
      withHandle(path, "r+", (handle) => {
        assert.equal(call.knit_hold_open(handle, SIZE), ENODEV);
      });
    });
  });

  it("can be mapped by no other way", () => {
    for (const name of ["knit_map", "knit_unmap"]) assert.ok(!(name in nativeLibrary().call));
  });

  it("are told from memory without a name, which is opened again", () => {
    const { call } = nativeLibrary();
    const shared = ProcessSharedBuffer.create(SIZE);
    const handle = call.knit_handle_reopen(process.pid, shared.fd);
    assert.ok(handle > 0);
    assert.equal(call.knit_memory_identity(handle), call.knit_memory_identity(shared.fd));
    call.knit_handle_close(handle);
    shared.close();
  });
});
