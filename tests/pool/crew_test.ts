import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noAttachments } from "../../src/codec/attachments.ts";
import { Memory } from "../../src/codec/memory.ts";
import { Crew, type CrewEvents } from "../../src/pool/crew.ts";
import type { WorkerKind, WorkerLink, WorkerSettings } from "../../src/pool/worker_kind.ts";
import { atomics } from "../../src/transport/atomic.ts";
import { Doorbell } from "../../src/transport/doorbell.ts";
import { HOST_BELL, HOST_WORDS, laneLayout } from "../../src/transport/layout.ts";
import { until } from "../support/waiting.ts";

const sizes = { slotCount: 16, regionBytes: 64, signalCount: 0 };
const settings = { sizes, maxPayloadBytes: 64, onReference: () => {} } as unknown as WorkerSettings;

/** Whatever a crew that could not be made tells its pool, which is not there. */
const noPool: CrewEvents = {
  workerReady: () => assert.fail("a worker got ready"),
  gaveUp: () => assert.fail("the crew gave up"),
  lanesChanged: () => assert.fail("there are other lanes"),
  workerLeaves: () => assert.fail("a worker leaves"),
  takeReplies: () => assert.fail("a worker replied"),
  workerDied: () => assert.fail("a worker died"),
};

type Start = WorkerLink["start"];

/** A lane whose worker does what the test says. */
function linkTo(start: Start, close: () => void): WorkerLink {
  const words = new Int32Array(new SharedArrayBuffer(HOST_WORDS * 4));
  return {
    memory: new Memory(new SharedArrayBuffer(laneLayout(sizes).totalBytes)),
    attachments: noAttachments,
    atomic: atomics,
    bell: new Doorbell(words, HOST_BELL, atomics),
    speaksInLane: false,
    startGraceMs: 10_000,
    startupHint: "",
    start,
    found() {},
    close,
  };
}

/** Workers that do nothing, and the things they have done. */
function workersUntil(failure: "open" | "start", failing: number): [WorkerKind, string[]] {
  const done: string[] = [];
  const open = (worker: number): WorkerLink => {
    if (failure === "open" && worker === failing) throw new RangeError("no memory left");
    const start: Start = (events) => {
      if (failure === "start" && worker === failing) throw new RangeError("no memory left");
      queueMicrotask(() => events.message({ kind: "ready", failures: [] }));
      return {
        terminate() {
          done.push(`end ${worker}`);
          events.exit(0);
        },
      };
    };
    return linkTo(start, () => done.push(`close ${worker}`));
  };
  return [{ bellPerWorker: false, open }, done];
}

const size = { places: 4, least: 4, changes: false };

describe("a crew of which one worker cannot be started", () => {
  it("ends the others, and gives everything back", async () => {
    const [kind, done] = workersUntil("open", 2);
    assert.throws(() => new Crew(size, false, kind, settings, noPool), /no memory left/);
    await until("all is given back", () => done.length === 4);
    assert.deepEqual(done.sort(), ["close 0", "close 1", "end 0", "end 1"]);
  });

  it("gives back what that one has, too", async () => {
    const [kind, done] = workersUntil("start", 1);
    assert.throws(() => new Crew(size, false, kind, settings, noPool), /no memory left/);
    await until("all is given back", () => done.length === 3);
    assert.deepEqual(done.sort(), ["close 0", "close 1", "end 0"]);
  });
});

describe("a crew that has given up", () => {
  it("goes on when a worker that was starting makes it after all", async () => {
    let closed = 0;
    const started: { readonly worker: number; readonly events: Parameters<Start>[0] }[] = [];
    const open = (worker: number): WorkerLink =>
      linkTo((events) => {
        started.push({ worker, events });
        return { terminate: () => events.exit(0) };
      }, () => closed++);
    const heard: string[] = [];
    const pool: CrewEvents = {
      ...noPool,
      workerReady: () => heard.push("ready"),
      gaveUp: () => heard.push("gave up"),
      lanesChanged() {},
      takeReplies() {},
      workerDied: ({ worker }) => heard.push(`died ${worker}`),
    };
    const two = { places: 2, least: 2, changes: false };
    const crew = new Crew(two, false, { bellPerWorker: false, open }, settings, pool);
    const last = (worker: number) => started.findLast((one) => one.worker === worker)!.events;
    const getReady = (worker: number) => last(worker).message({ kind: "ready", failures: [] });

    last(0).error("not even an error");
    last(0).exit(1);
    last(1).exit(1);
    await until("both are started again", () => started.length === 4);
    last(0).exit(1);
    assert.deepEqual(heard, ["died 0", "died 1", "gave up", "died 0"]);
    assert.match(crew.broken!.message, /exited with code 1 before it was ready/);

    last(1).message({ kind: "from code that meddles" });
    getReady(1);
    getReady(1); // a worker says so once
    assert.equal(heard.filter((what) => what === "ready").length, 1);
    assert.equal(crew.broken, undefined);
    await until("the other one is started again, too", () => started.length === 5);
    getReady(0);
    assert.equal(crew.readyCount, 2);
    crew.startAt(0); // there is one
    void crew.stop(true);
    await until("all is given back", () => closed === 5);
    assert.equal(crew.canGrow, false);
  });
});

describe("a crew that grows", () => {
  it("gives up where no worker can be had, after a few tries", async () => {
    const open = (): WorkerLink => {
      throw new RangeError("no memory left");
    };
    const heard: string[] = [];
    const crew = new Crew(
      { places: 2, least: 0, changes: true },
      false,
      { bellPerWorker: false, open },
      settings,
      { ...noPool, gaveUp: () => heard.push("gave up") },
    );
    for (let tries = 1; tries <= 3; tries++) {
      await until("it may try again", () => crew.canGrow);
      crew.grow();
      assert.equal(crew.canGrow, false, "not at once");
    }
    assert.deepEqual(heard, ["gave up"]);
    assert.match(crew.broken!.message, /Worker startup failed: no memory left/);
    assert.equal(crew.vacant, 2);
  });

  it("keeps a worker that cannot be replaced", async () => {
    const [kind] = workersUntil("open", -1);
    let fails = false;
    const open: WorkerKind["open"] = (worker, group) => {
      if (fails) throw new RangeError("no memory left");
      return kind.open(worker, group);
    };
    const heard: string[] = [];
    const crew = new Crew(
      { places: 1, least: 1, changes: true },
      false,
      { bellPerWorker: false, open },
      settings,
      { ...noPool, lanesChanged() {}, takeReplies() {}, workerReady: () => heard.push("ready") },
    );
    await until("it is ready", () => crew.readyCount === 1);
    fails = true;
    const [lane] = crew.lanes;
    crew.replace(lane!);
    assert.deepEqual([crew.lanes, heard], [[lane], ["ready"]]);
    void crew.stop(true);
  });
});
