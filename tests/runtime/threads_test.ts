import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { messageEnd, messagePipe, threadHandover } from "../../src/runtime/threads.ts";
import { ProtocolViolation } from "../../src/transport/violation.ts";

describe("a thread that nobody has started for a pool", () => {
  it("has no host", () => {
    for (const data of [undefined, null, {}, { boot: {} }]) {
      assert.throws(() => threadHandover(data), /only a worker that createPool has started/);
    }
  });
});

describe("a pipe between threads", () => {
  it("gives values in order, and breaks the rules if there is none", () => {
    const { near, far } = messagePipe()!;
    const end = messageEnd(far);
    const bytes = new ArrayBuffer(8);
    near.post("text");
    near.post(bytes);
    assert.equal(end.take(), "text");
    assert.equal((end.take() as ArrayBuffer).byteLength, 8);
    assert.equal(bytes.detached, true, "it is moved");
    assert.throws(() => end.take(), ProtocolViolation);
    near.close();
    end.close();
  });
});
