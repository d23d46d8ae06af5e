import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { HeldMemory } from "../../src/native/held_memory.ts";
import { nativeLibrary } from "../../src/native/library.ts";

const SIZE = 4096;

/** Why there is nothing to test, if so. */
function missing(): string | false {
  try {
    nativeLibrary();
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

function open(): HeldMemory {
  const { call } = nativeLibrary();
  return HeldMemory.open(call.knit_memory_create(SIZE), SIZE, "make memory", true);
}

describe("openWaiter", { skip: missing() }, () => {
  // Waiters do not keep a program alive.
  let alive: ReturnType<typeof setInterval>;
  before(() => void (alive = setInterval(() => {}, 1000)));
  after(() => clearInterval(alive));

  it("tells once that the word was woken", async () => {
    const { call, openWaiter, wait, closeWaiter } = nativeLibrary();
    const memory = open();
    let wakes = 0;
    await new Promise<void>((resolve) => {
      const waiter = openWaiter(memory.address, () => {
        wakes++;
        closeWaiter(waiter);
        resolve();
      });
      wait(waiter, 0, -1);
      Atomics.store(new Int32Array(memory.buffer), 0, 1);
      call.knit_wake(memory.address, 1);
    });
    await sleep(10);
    assert.equal(wakes, 1);
    memory.close();
  });

  it("tells that the word has another value, and that the time is up", async () => {
    const { openWaiter, wait, closeWaiter } = nativeLibrary();
    const memory = open();
    for (const [expected, timeoutNs] of [[7, -1], [0, 1_000_000]] as const) {
      await new Promise<void>((resolve) => {
        const waiter = openWaiter(memory.address, () => {
          closeWaiter(waiter);
          resolve();
        });
        wait(waiter, expected, timeoutNs);
      });
    }
    memory.close();
  });

  it("keeps the memory until it is closed", async () => {
    const { call, openWaiter, wait, closeWaiter } = nativeLibrary();
    const memory = open();
    const { handle } = memory;
    const waiter = openWaiter(memory.address, () => assert.fail("nobody woke it"));
    wait(waiter, 0, -1);
    await sleep(10);
    memory.close();
    assert.equal(call.knit_memory_size(handle), SIZE);
    closeWaiter(waiter);
    assert.ok(call.knit_memory_size(handle) < 0);
    await sleep(10);
  });
});
