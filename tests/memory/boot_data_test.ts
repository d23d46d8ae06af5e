import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { packBootData, unpackBootData } from "../../src/memory/boot_data.ts";
import { ProcessSharedBuffer } from "../../shared_memory.ts";

describe("boot data", () => {
  it("without shared memory is left as it is, however deep", () => {
    let data: object = {};
    for (let depth = 0; depth < 100_000; depth++) data = { data };
    assert.equal(packBootData(data), data);
    assert.equal(unpackBootData(data), data);
  });

  it("with shared memory is looked at twice, however deep", () => {
    const shared = ProcessSharedBuffer.create(64);
    const depth = 200;
    let looks = 0;
    let data: object = shared;
    for (let i = 0; i < depth; i++) {
      const inner = data;
      data = {
        get inner() {
          looks++;
          return inner;
        },
      };
    }
    const packed = packBootData(data);
    assert.equal(looks, 2 * depth);
    let found = unpackBootData(structuredClone(packed)) as { inner: object };
    for (let i = 0; i < depth; i++) found = found.inner as typeof found;
    assert.ok(ProcessSharedBuffer.is(found));
    shared.close();
  });
});
