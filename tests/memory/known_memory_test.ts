import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { forgetName, identityOfName, knowName } from "../../src/memory/known_memory.ts";
import { freshName, isLinux, pathOf } from "../support/shared_memory.ts";

describe("names that this thread knows", { skip: !isLinux }, () => {
  it("do not become more and more, if others remove them", () => {
    const [kept, other] = [freshName(), freshName()];
    const shared = ProcessSharedBuffer.create({ mode: "create", name: kept, size: 64 });
    try {
      const identity = identityOfName(kept)!;
      assert.ok(identity > 0);
      writeFileSync(pathOf(other), "x");
      knowName(other, identity);
      const gone = Array.from({ length: 3_000 }, freshName);
      for (const name of gone) knowName(name, 1);
      assert.equal(identityOfName(kept), identity);
      assert.equal(identityOfName(other), undefined, "it is other memory by now");
      assert.ok(gone.filter((name) => identityOfName(name) !== undefined).length <= 1024);
      for (const name of gone) forgetName(name);
    } finally {
      shared.close();
      for (const name of [kept, other]) rmSync(pathOf(name));
    }
  });
});
