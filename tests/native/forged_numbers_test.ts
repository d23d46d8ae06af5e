// Code that has the library can hand it any number: none may reach memory that it does not name.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { HeldMemory } from "../../src/native/held_memory.ts";
import { nativeLibrary } from "../../src/native/library.ts";
import { isLinux } from "../support/shared_memory.ts";
import { inTime } from "../support/with_pool.ts";

const SIZE = 4096;
/** More than there are places for. */
const MANY = 70_000;

const LIBRARY = new URL("../../src/native/library.ts", import.meta.url).href;
/** What a thread with an environment of its own says of each number that it was given. */
const FORGER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const refusal = (body) => { try { body(); return "no error"; } catch ({ message }) { return message; } };
  import(workerData.library).then(({ nativeLibrary }) => {
    const { call, openWaiter, openLine, wait, closeWaiter, closeLine } = nativeLibrary();
    const { waiter, line, address } = workerData;
    parentPort.postMessage({
      said: [
        refusal(() => wait(waiter, 0, 0)),
        refusal(() => closeWaiter(waiter)),
        refusal(() => closeLine(line)),
      ],
      waiter: openWaiter(address, () => {}),
      line: openLine(call.knit_memory_create(${SIZE}), ""),
    });
  });
`;
const REFUSALS = [
  "wait expects a waiter that is open",
  "closeWaiter expects a waiter that is open",
  "closeLine expects a line that is open",
];

function open(): HeldMemory {
  const { call } = nativeLibrary();
  return HeldMemory.open(call.knit_memory_create(SIZE), SIZE, "make memory", true);
}

function refuses(index: 0 | 1 | 2, number: number): void {
  const { wait, closeWaiter, closeLine } = nativeLibrary();
  const ways = [() => wait(number, 0, 0), () => closeWaiter(number), () => closeLine(number)];
  assert.throws(ways[index]!, { message: REFUSALS[index]! }, `${number}`);
}

interface Opened {
  readonly memory: HeldMemory;
  readonly waiter: number;
  readonly line: number;
  /** Resolves when the waiter wakes: it works. */
  readonly wakes: () => Promise<void>;
}

/** Gives `body` a waiter and a life line, which work afterwards, and are closed. */
async function withOpened(body: (opened: Opened) => void | Promise<void>): Promise<void> {
  const { call, openWaiter, openLine, wait, closeWaiter, closeLine } = nativeLibrary();
  const memory = open();
  let woken: (() => void) | undefined;
  const waiter = openWaiter(memory.address, () => woken?.());
  const handle = call.knit_handle_duplicate(memory.handle);
  const line = openLine(handle, "");
  const wakes = () =>
    inTime("the waiter", new Promise<void>((resolve) => (woken = resolve, wait(waiter, 7, -1))));
  await body({ memory, waiter, line, wakes });
  await wakes();
  assert.equal(call.knit_memory_size(handle), SIZE, "the line has its handle");
  closeLine(line);
  assert.ok(call.knit_memory_size(handle) < 0);
  closeWaiter(waiter);
  memory.close();
}

describe("numbers of waiters and life lines", { skip: !isLinux }, () => {
  // Waiters do not keep a program alive.
  let alive: ReturnType<typeof setInterval>;
  before(() => void (alive = setInterval(() => {}, 1000)));
  after(() => clearInterval(alive));

  it("that were made up are refused, and write nowhere", async () => {
    await withOpened(({ memory, waiter, line }) => {
      const bytes = new Uint8Array(memory.buffer).fill(0xa5);
      const numbers = [
        0,
        1,
        -1,
        0.5,
        NaN,
        Infinity,
        -Infinity,
        0xffff,
        2 ** 16,
        2 ** 52,
        -(2 ** 52),
      ];
      for (const number of [waiter, line]) {
        for (const bits of [16, 32, 48]) numbers.push(number + 2 ** bits);
        numbers.push(-number);
      }
      numbers.push(memory.address, memory.address + 64);
      for (const number of numbers) for (const index of [0, 1, 2] as const) refuses(index, number);
      assert.deepEqual(bytes, new Uint8Array(SIZE).fill(0xa5));
    });
  });

  it("are of one kind", async () => {
    await withOpened(({ waiter, line }) => {
      refuses(0, line);
      refuses(1, line);
      refuses(2, waiter);
    });
  });

  it("are closed once, also when their place is in use again", async () => {
    let old: Opened | undefined;
    await withOpened((opened) => void (old = opened));
    const { waiter, line } = old!;
    const refuseOld = () => {
      refuses(0, waiter);
      refuses(1, waiter);
      refuses(2, line);
    };
    refuseOld();
    await withOpened(refuseOld);
    refuseOld();
  });

  it("belong to their thread, and are gone with it", async () => {
    await withOpened(async ({ memory: { address }, waiter, line }) => {
      const workerData = { library: LIBRARY, waiter, line, address };
      const worker = new Worker(FORGER, { eval: true, workerData });
      const answer = new Promise<{ said: string[]; waiter: number; line: number }>(
        (resolve, reject) => {
          worker.once("message", resolve);
          worker.once("error", reject);
        },
      );
      const theirs = await inTime("the thread", answer);
      const refuseTheirs = () => {
        refuses(0, theirs.waiter);
        refuses(1, theirs.waiter);
        refuses(2, theirs.line);
      };
      assert.deepEqual(theirs.said, REFUSALS);
      refuseTheirs();
      await worker.terminate();
      refuseTheirs();
    });
  });

  it("do not run out", () => {
    const { call, openLine, closeLine } = nativeLibrary();
    const memory = open();
    for (let i = 0; i < MANY; i++) {
      closeLine(openLine(call.knit_handle_duplicate(memory.handle), ""));
    }
    memory.close();
  });
});
