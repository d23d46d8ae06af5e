// What references do to the memory of the program, and that nothing brings it down.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BufferReference } from "../../unsafe.ts";
import { Borrowed } from "../../src/pool/borrowed.ts";
import { runProgram, runtimeName } from "../support/program.ts";

const exposeGc = runtimeName === "deno" ? "--v8-flags=--expose-gc" : "--expose-gc";

describe("thousands of references", () => {
  for (const [rounds, length] of [[700, 1 << 16], [70, 1 << 20]] as const) {
    it(`of ${length} bytes leave nothing behind, whatever becomes of them`, async () => {
      const { code, stdout, stderr } = await runProgram("moves.ts", {
        flags: [exposeGc],
        args: [String(rounds), String(length)],
        limitMs: 60_000,
      });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^done$/m);
      for (const [, what, growth] of stdout.matchAll(/^(\w+ (?:rss|external)) (-?[\d.]+)$/gm)) {
        // Twice as many as before the first look, so a leak of each would be 87 MiB or more.
        assert.ok(Number(growth) < 60, `${what} grew by ${growth} MiB`);
      }
      assert.equal(stdout.match(/ (rss|external) /g)?.length, 4, stdout);
    });
  }
});

describe("what was lent", () => {
  it("is forgotten when it is released, and does not pile up", () => {
    const borrowed = new Borrowed();
    const alive = Array.from({ length: 10 }, () => new BufferReference(Uint8Array.of(1)));
    for (const reference of alive) borrowed.add(reference);
    for (let i = 0; i < 10_000; i++) {
      const reference = new BufferReference(Uint8Array.of(2));
      borrowed.add(reference);
      reference.release();
    }
    assert.ok(borrowed.size <= 64, `${borrowed.size} are remembered`);
    const views = alive.map((reference) => reference.toUint8Array());
    borrowed.revokeAll();
    assert.equal(borrowed.size, 0);
    for (const [i, reference] of alive.entries()) {
      assert.equal(views[i]!.length, 0);
      assert.equal(reference.toUint8Array()[0], 1);
    }
  });
});
