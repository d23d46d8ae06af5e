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

  it("keeps shared memory in every kind of container, and what else is there", () => {
    const shared = ProcessSharedBuffer.create(64);
    shared.bytes()[0] = 7;
    const date = new Date(0);
    const data = {
      array: [1, shared, "text"],
      map: new Map<unknown, unknown>([["by key", shared], [shared, null]]),
      set: new Set<unknown>([shared, 2n]),
      bare: Object.assign(Object.create(null), { shared }),
      ["__proto__"]: shared,
      date,
      itself: undefined as unknown,
    };
    data.itself = data;
    const found = unpackBootData(structuredClone(packBootData(data))) as typeof data;
    const [one, again, two] = found.array;
    assert.deepEqual([one, two], [1, "text"]);
    assert.ok(ProcessSharedBuffer.is(again));
    assert.equal(again.bytes()[0], 7);
    assert.deepEqual([...found.map.keys()], ["by key", again]);
    assert.deepEqual([...found.map.values()], [again, null]);
    assert.deepEqual([...found.set], [again, 2n]);
    assert.equal(found.bare.shared, again);
    assert.equal(Object.getOwnPropertyDescriptor(found, "__proto__")?.value, again);
    assert.deepEqual(found.date, date);
    assert.equal(found.itself, found);
    shared.close();
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
