import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { KnittingError } from "../../mod.ts";

/** Whether memory objects can be looked at from outside. */
export const isLinux: boolean = process.platform === "linux";

let count = 0;

/** A name that nobody has. */
export function freshName(): string {
  return `knt_${process.pid}_${++count}_${Math.random().toString(36).slice(2, 8)}`;
}

/** Where Linux shows a name. */
export function pathOf(name: string): string {
  return `/dev/shm/${name}`;
}

/** Handles and mappings of memory without a name that this process has; on Linux. */
export function memoryInUse(): { handles: number; mappings: number } {
  const isOurs = (text: string) => text.includes("memfd:knitting");
  const handles = readdirSync("/proc/self/fd").filter((fd) => isOurs(targetOf(fd))).length;
  const mappings = readFileSync("/proc/self/maps", "utf8").split("\n").filter(isOurs).length;
  return { handles, mappings };
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // that of the listing itself
  }
}

/** Asserts that `body` throws an error of the library. */
export function throwsCode(code: string, message: RegExp, body: () => unknown): void {
  assert.throws(body, (error) => {
    assert.ok(error instanceof KnittingError, `not an error of the library: ${error}`);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

/** Asserts that `body` says that the memory is closed. */
export function throwsReleased(body: () => unknown): void {
  throwsCode("KNT_ERROR_RELEASED", /^ProcessSharedBuffer is closed/, body);
}
