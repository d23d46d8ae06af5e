import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { createLaneMemory } from "../../src/memory/lane_memory.ts";
import { freshName } from "../support/shared_memory.ts";

describe("the memory of a lane to another process", () => {
  it("leaves no name behind if it is too large for this machine", () => {
    const name = freshName();
    const size = 2 ** 47;
    assert.throws(() => createLaneMemory(size, name), { code: "KNT_ERROR_SHARED_MEMORY" });
    assert.throws(() => ProcessSharedBuffer.create({ mode: "open", name, size: 64 }), {
      code: "KNT_ERROR_SHARED_MEMORY",
    });
  });
});
