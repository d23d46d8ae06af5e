import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  noAttachments,
  noAttachmentsFrom,
  nothingBeside,
  senderOf,
} from "../../src/codec/attachments.ts";

describe("who is at the other end", () => {
  it("is nobody who must be believed, if it is not said", () => {
    const { mayName, sandboxed, owns } = senderOf(nothingBeside)!;
    assert.deepEqual([mayName("x"), sandboxed, owns(1)], [false, true, false]);
  });

  it("is this process, or its host, or a worker", () => {
    assert.equal(senderOf({ ...noAttachments, sameProcess: true }), undefined);
    const host = senderOf(noAttachments)!;
    assert.deepEqual([host.mayName("x"), host.sandboxed, host.owns(1)], [true, false, true]);
    const worker = { ...host, sandboxed: true };
    assert.equal(senderOf(noAttachmentsFrom(worker)), worker);
  });
});
