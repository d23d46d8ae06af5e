// When an elastic pool grows, by a clock that the test moves.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type GrowingPool, Growth, type Waiting } from "../../src/pool/growth.ts";

interface FakeCall extends Waiting {
  queued: boolean;
  generation: number;
}

/** A pool that is as the test says, and time that goes by when the test says so. */
class FakePool implements GrowingPool {
  readonly places: number;
  workers = 1;
  starting = 0;
  startMs = 40;
  failing = false;
  readonly queue: FakeCall[] = [];
  /** When workers were started. */
  readonly starts: number[] = [];
  now = 0;
  readonly #timers = new Map<() => void, number>();
  readonly growth: Growth;

  constructor(places: number) {
    this.places = places;
    this.growth = new Growth(this, (ms, callback) => {
      this.#timers.set(callback, this.now + ms);
      return () => this.#timers.delete(callback);
    });
  }

  get isFull(): boolean {
    return this.workers + this.starting >= this.places;
  }
  get isEmpty(): boolean {
    return this.workers + this.starting === 0;
  }
  get canGrow(): boolean {
    return !this.isFull && this.starting === 0 && !this.failing;
  }
  get isShort(): boolean {
    return this.queue.length > 0;
  }
  get timers(): number {
    return this.#timers.size;
  }
  newest(): FakeCall | undefined {
    return this.queue.at(-1);
  }
  grow(): void {
    this.starts.push(this.now);
    this.starting++;
  }
  /** The worker that starts is ready. */
  ready(): void {
    this.starting--;
    this.workers++;
  }

  wait(count = 1): void {
    for (let i = 0; i < count; i++) this.queue.push({ queued: true, generation: 0 });
    this.growth.look();
  }
  begin(count = 1): void {
    for (const call of this.queue.splice(0, count)) call.queued = false;
  }
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now++;
      for (const [callback, at] of [...this.#timers]) {
        if (at > this.now) continue;
        this.#timers.delete(callback);
        callback();
      }
      this.growth.look();
    }
  }
}

describe("an elastic pool", () => {
  it("starts a worker at once for the first call if it has none", () => {
    const pool = new FakePool(2);
    pool.workers = 0;
    pool.wait();
    assert.deepEqual(pool.starts, [0]);
  });

  it("starts one when a call has waited for as long as a worker takes to start", () => {
    const pool = new FakePool(4);
    pool.wait();
    pool.pass(41);
    assert.deepEqual(pool.starts, []);
    pool.pass(2);
    assert.equal(pool.starts.length, 1);
  });

  it("starts none for a burst that is over sooner, however large", () => {
    const pool = new FakePool(4);
    pool.wait(10_000);
    for (let ms = 0; ms < 40; ms++) {
      pool.pass(1);
      pool.begin(250);
    }
    pool.pass(1_000);
    assert.deepEqual(pool.starts, []);
    assert.equal(pool.timers, 0, "nothing is left to look for");
  });

  it("starts none while calls always wait, but none of them for long", () => {
    const pool = new FakePool(4);
    pool.wait(5);
    for (let ms = 0; ms < 1_000; ms++) {
      pool.pass(1);
      pool.begin(1);
      pool.wait(1);
    }
    assert.deepEqual(pool.starts, []);
  });

  it("starts the first one although calls are begun, if each waits for long", () => {
    const pool = new FakePool(4);
    pool.wait(200);
    for (let ms = 0; ms < 100; ms++) {
      pool.pass(1);
      pool.begin(1);
      pool.wait(1);
    }
    assert.equal(pool.starts.length, 1);
  });

  it("starts one at a time, and the next when that is there and calls have waited all along", () => {
    const pool = new FakePool(3);
    pool.wait(10);
    pool.pass(60);
    assert.equal(pool.starts.length, 1);
    pool.pass(500); // it takes long to start
    assert.equal(pool.starts.length, 1);
    pool.ready();
    pool.begin(1);
    pool.pass(10);
    assert.equal(pool.starts.length, 2);
    pool.ready();
    pool.pass(1_000);
    assert.equal(pool.starts.length, 2, "there are no more places");
  });

  it("starts no second one if the first has taken the calls that waited", () => {
    const pool = new FakePool(3);
    pool.wait(1);
    pool.pass(60);
    pool.ready();
    pool.begin(1);
    pool.wait(1); // another one, which has not waited
    pool.pass(20);
    assert.equal(pool.starts.length, 1);
  });

  it("does not take another call for the one that waited", () => {
    const pool = new FakePool(2);
    pool.wait(1);
    const [call] = pool.queue;
    for (let ms = 0; ms < 500; ms++) {
      pool.pass(1);
      call!.generation++; // the entry is used again, and again
    }
    assert.deepEqual(pool.starts, []);
  });

  it("tries again after a start that failed", () => {
    const pool = new FakePool(2);
    pool.workers = 0;
    pool.failing = true;
    pool.wait();
    pool.starting = 0;
    pool.pass(50);
    assert.equal(pool.starts.length, 1);
    pool.failing = false;
    pool.pass(10);
    assert.equal(pool.starts.length, 2);
  });

  it("does nothing once it is closed", () => {
    const pool = new FakePool(2);
    pool.wait();
    pool.growth.close();
    assert.equal(pool.timers, 0);
  });
});
