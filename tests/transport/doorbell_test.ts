import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AsyncWait, type AtomicOps, atomics } from "../../src/transport/atomic.ts";
import { Doorbell, ITEMS, ring, ROOM } from "../../src/transport/doorbell.ts";
import { wakes } from "../support/wakes.ts";

/** The real operations, written down as they happen. */
function recorded() {
  const log: string[] = [];
  const limits: (number | undefined)[] = [];
  const atomic: AtomicOps = {
    load(words, index) {
      log.push("load");
      return atomics.load(words, index);
    },
    store(words, index, value) {
      log.push(`store ${value}`);
      return atomics.store(words, index, value);
    },
    compareExchange(words, index, expected, value) {
      log.push(`compareExchange ${expected} ${value}`);
      return atomics.compareExchange(words, index, expected, value);
    },
    notify(words, index, count) {
      log.push("notify");
      return atomics.notify(words, index, count);
    },
    waitAsync(words, index, value, timeoutMs): AsyncWait {
      log.push(`waitAsync ${value}`);
      limits.push(timeoutMs);
      return atomics.waitAsync(words, index, value, timeoutMs);
    },
  };
  return { atomic, log, limits };
}

/** An owner's end of the second word of some memory, and both sides' views of it. */
function openBell() {
  const buffer = new SharedArrayBuffer(16);
  const own = new Int32Array(buffer);
  const other = new Int32Array(buffer);
  const { atomic, log, limits } = recorded();
  const bell = new Doorbell(own, 1, atomic);
  return {
    log,
    limits,
    own,
    bell,
    ring: (event: number) => ring(other, 1, event, atomic),
    /** What was done since the last look. */
    did: () => log.splice(0),
  };
}

describe("doorbell", () => {
  it("costs one load while its owner is awake", () => {
    const { ring, did } = openBell();
    ring(ITEMS);
    assert.deepEqual(did(), ["load"]);
  });

  it("costs one load if its owner waits for something else", () => {
    const { bell, ring, own, did } = openBell();
    bell.arm(ROOM);
    did();
    ring(ITEMS);
    assert.deepEqual(did(), ["load"]);
    assert.equal(own[1], ROOM);
  });

  it("clears the word and notifies once, however often it is rung", () => {
    const { bell, ring, own, did } = openBell();
    bell.arm(ITEMS);
    did();
    ring(ITEMS);
    ring(ITEMS);
    assert.deepEqual(did(), ["load", `compareExchange ${ITEMS} 0`, "notify", "load"]);
    assert.equal(own[1], 0);
  });

  it("does not notify if the word changed after it was read", () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const { atomic, log } = recorded();
    words[0] = ITEMS;
    ring(words, 0, ITEMS, {
      ...atomic,
      load(words, index) {
        const value = atomic.load(words, index);
        words[index] = 0; // the owner woke up for another reason
        return value;
      },
    });
    assert.ok(!log.includes("notify"));
  });

  it("is rung by any of the events it was armed for", () => {
    for (const event of [ITEMS, ROOM, ITEMS | ROOM]) {
      const { bell, ring, own } = openBell();
      bell.arm(ITEMS | ROOM);
      ring(event);
      assert.equal(own[1], 0);
    }
  });

  it("touches no other word", () => {
    const { bell, ring, own } = openBell();
    own.fill(9);
    bell.arm(ITEMS);
    ring(ITEMS);
    bell.disarm();
    assert.deepEqual([...own], [9, 0, 9, 9]);
  });

  it("wakes an owner that sleeps", async () => {
    const { bell, ring, did } = openBell();
    bell.arm(ITEMS);
    const sleep = bell.wait(ITEMS);
    assert.deepEqual(did(), [`store ${ITEMS}`, `waitAsync ${ITEMS}`]);
    ring(ITEMS);
    await wakes(sleep);
  });

  it("wakes at once an owner that was rung before it slept", async () => {
    const { bell, ring } = openBell();
    bell.arm(ITEMS);
    ring(ITEMS);
    await wakes(bell.wait(ITEMS));
  });

  it("wakes an owner that took its announcement back before it slept", async () => {
    const { bell } = openBell();
    bell.arm(ITEMS);
    bell.disarm();
    await wakes(bell.wait(ITEMS));
  });

  it("stays asleep until it is rung", async () => {
    const { bell, ring } = openBell();
    bell.arm(ITEMS);
    let awake = false;
    const sleep = bell.wait(ITEMS).then(() => awake = true);
    for (let turn = 0; turn < 20; turn++) await undefined;
    ring(ROOM);
    for (let turn = 0; turn < 20; turn++) await undefined;
    assert.equal(awake, false);
    ring(ITEMS);
    await wakes(sleep);
    assert.equal(awake, true);
  });

  it("keeps one wait over several sleeps, whatever they are for", async () => {
    const { bell, ring, did } = openBell();
    bell.arm(ITEMS);
    const first = bell.wait(ITEMS);
    bell.disarm();
    bell.arm(ROOM);
    const second = bell.wait(ROOM);
    assert.equal(did().filter((operation) => operation.startsWith("waitAsync")).length, 1);
    ring(ROOM);
    await wakes(Promise.all([first, second]));
  });

  it("can be slept on again and again", async () => {
    const { bell, ring, did } = openBell();
    for (let n = 0; n < 5; n++) {
      bell.arm(ITEMS);
      const sleep = bell.wait(ITEMS);
      ring(ITEMS);
      await wakes(sleep);
      assert.ok(did().includes(`waitAsync ${ITEMS}`));
    }
  });

  it("lets its owner sleep for ever if nothing else is said", () => {
    const { bell, limits } = openBell();
    bell.arm(ITEMS);
    void bell.wait(ITEMS);
    assert.deepEqual(limits, [Infinity]);
  });

  it("wakes an owner that has slept for as long as it may, and not before", async () => {
    const { bell, own } = openBell();
    bell.arm(ITEMS);
    const start = performance.now();
    await wakes(bell.wait(ITEMS, 30));
    assert.ok(performance.now() - start >= 29);
    assert.equal(own[1], ITEMS); // nobody rang: the owner takes its announcement back itself
  });

  it("wakes an owner before its limit if it is rung", async () => {
    const { bell, ring } = openBell();
    bell.arm(ITEMS);
    const sleep = bell.wait(ITEMS, 2 ** 31 - 1);
    ring(ITEMS);
    await wakes(sleep);
  });

  it("keeps the limit of the wait that is under way, and takes the next one's after it", async () => {
    const { bell, ring, limits } = openBell();
    bell.arm(ITEMS);
    const first = bell.wait(ITEMS, 20);
    bell.disarm();
    bell.arm(ITEMS);
    await wakes(Promise.all([first, bell.wait(ITEMS, 1e9)]));
    const third = bell.wait(ITEMS, 1e8);
    assert.deepEqual(limits, [20, 1e8]);
    ring(ITEMS);
    await wakes(third);
  });
});
