/**
 * Threads, messages, turns of the event loop: what all three runtimes offer under the same names.
 *
 * @module
 */

import { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from "node:timers";
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import * as workerThreads from "node:worker_threads";
import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import { fileSystem, process } from "./builtins.ts";
import { ProtocolViolation } from "../transport/violation.ts";
import { runtime } from "./current.ts";
import { environment } from "./environment.ts";
import type {
  KeepAlive,
  MessageEnd,
  MessagePipe,
  RunningWorker,
  ThreadEvents,
  ThreadHost,
  ThreadSetup,
} from "./runtime.ts";

/** Left on the global object of a worker, for other copies of the library: a {@linkcode WorkerMark}. */
const WORKER = Symbol.for("knitting.worker");

/** What all copies of the library know of the worker that they are in. */
interface WorkerMark {
  /** Whether the first copy that is in a bundle is to serve the calls. */
  selfStart: boolean;
}

/** `KNITTING_PROCESS_WORKER` of a process that runs a bundle, instead of `"1"`. */
export const SELF_STARTING = "bundle";

/** What says whose the data is that a thread starts with. */
const LIBRARY = "knitting";

/** Whether this thread is the first of its process. In a web worker Deno says so of `isMainThread`. */
const isFirstThread = isMainThread && !isWebWorker();

/** Whether this process is a worker. */
export const isProcessWorker: boolean = isFirstThread && isWorkerProcess();

/** Whether this is the main thread of a program that is not itself a worker. */
export const isMain: boolean = isFirstThread && !isProcessWorker;

/** Whether this is a worker that `createPool` has started, and not a thread that somebody else has. */
export const isWorker: boolean = isProcessWorker || !isFirstThread && isWorkerThread();

/** Processors this program may use. */
export const cores: number = availableParallelism();

/** Number of this program among those that run. */
export const processId: number = process.pid;

/** The longest delay a timer takes. */
const FOREVER_MS = 2 ** 31 - 1;
/** The file that standard error is. */
const STANDARD_ERROR = 2;

/** What a thread starts with, as its `workerData`. */
interface Handover {
  readonly library: typeof LIBRARY;
  readonly selfStart: boolean;
  readonly boot: unknown;
  /**
   * Where the thread tells of itself, and what keeps it alive. Its own `parentPort` is within reach of
   * tasks, which may post to it whatever they like, or close it.
   */
  readonly port: MessagePort;
}

/** Starts a thread. It does not keep the program alive. */
export function startThread(setup: ThreadSetup, events: ThreadEvents): RunningWorker {
  const { selfStart, execArgv, environment: env, resourceLimits } = setup;
  const { port1: port, port2: far } = new MessageChannel();
  // What the thread said before it went counts, although it may not have been delivered yet.
  const drain = (): void => {
    let received: { message: unknown } | undefined;
    while ((received = receiveMessageOnPort(port)) !== undefined) events.message(received.message);
  };
  port.on("message", (message) => events.message(message));
  port.unref();
  return runtime.startThread(setup.entry, {
    workerData: {
      library: LIBRARY,
      selfStart,
      boot: setup.bootData,
      port: far,
    } satisfies Handover,
    transferList: [...setup.transfer, far],
    name: setup.name,
    ...(execArgv && { execArgv: [...execArgv] }),
    ...(env && { env: { ...env } }),
    ...(resourceLimits && { resourceLimits }),
  }, {
    error(error) {
      drain();
      events.error(error);
    },
    exit(code) {
      drain();
      port.close();
      events.exit(code);
    },
  });
}

/**
 * The thread that made this one. What it handed over is taken: code that looks at `workerData` later
 * finds an empty object.
 *
 * @throws {Error} in a thread that was not made by {@linkcode startThread}, and the second time
 */
export function threadHandover(startupData: unknown = workerData): ThreadHost {
  const { boot, port } = (startupData ?? {}) as Partial<Handover>;
  if (port === undefined) {
    throw new Error("only a worker that createPool has started can serve calls, and only once");
  }
  for (const data of [startupData as object, workerData as object]) {
    for (const key of Reflect.ownKeys(data)) Reflect.deleteProperty(data, key);
    Object.freeze(data);
  }
  return {
    bootData: boot,
    post: (message) => port.postMessage(message),
    stayAlive: () => void port.on("message", () => {}),
    exit: (code) => process.exit(code),
    ...(!runtime.passesErrors && { onUncaught }),
  };
}

function onUncaught(die: (error: unknown) => void): void {
  globalThis.addEventListener("error", ({ error, isTrusted }) => {
    if (isTrusted) die(error); // and no event that a task has made
  });
}

/** Whether the copy of the library that asks is to serve the calls of this worker: `true` only once. */
export function takeSelfStart(): boolean { // not covered: only in a bundle, which tests/package/ runs
  const mark = (globalThis as { [WORKER]?: WorkerMark })[WORKER];
  if (mark?.selfStart !== true) return false;
  mark.selfStart = false;
  return true;
}

/** A pipe for values that cannot go through shared memory; `undefined` where there are none. */
export function messagePipe(): MessagePipe | undefined {
  const { port1, port2 } = new MessageChannel();
  return { near: messageEnd(port1), far: port2 };
}

/**
 * Whether `buffer` belongs to somebody who forbids to move it: native code, or the pool from which
 * small Buffers are cut. Asked by name, because not every version has this function.
 */
export function isUnmovable(buffer: ArrayBuffer): boolean {
  return workerThreads.isMarkedAsUntransferable?.(buffer) === true;
}

/** How long {@linkcode MessageEnd.take} looks for a value that was sent, and so must be there. */
const TAKE_MS = 100;

/** The end of a pipe that came in boot data, or the near one. */
export function messageEnd(far: unknown): MessageEnd {
  const port = far as MessagePort;
  port.unref();
  return {
    post: (value) =>
      value instanceof ArrayBuffer ? port.postMessage(value, [value]) : port.postMessage(value),
    take() {
      let received = receiveMessageOnPort(port);
      for (const end = performance.now() + TAKE_MS; received === undefined;) {
        if (performance.now() > end) {
          throw new ProtocolViolation("it did not send what a slot speaks of beside the lane");
        }
        received = receiveMessageOnPort(port);
      }
      return received.message;
    },
    close: () => port.close(),
  };
}

/** A handle that keeps the program alive while held. It is a timer that never comes due. */
export function keepAlive(): KeepAlive {
  let timer: NodeJS.Timeout | undefined;
  let held = false;
  return {
    hold() {
      if (held) return;
      held = true;
      timer ??= setInterval(() => {}, FOREVER_MS);
      timer.ref();
    },
    release() {
      if (!held) return;
      held = false;
      timer!.unref();
    },
    close() {
      held = false;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** Bytes of this thread's heap that are in use, with garbage that has not been collected; no buffers. */
export function heapBytes(): number {
  return process.memoryUsage().heapUsed;
}

/** Whether {@linkcode heapBytes} can be asked. */
export const canMeasureHeap: boolean = true;

/** Calls back after the event loop has taken a turn: timers and sockets were served. */
export function nextTurn(callback: () => void): void {
  setImmediate(callback);
}

/** Calls back once, after `ms` milliseconds, at most 24 days; does not keep the program alive. */
export function later(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(ms, FOREVER_MS));
  timer.unref();
  return () => clearTimeout(timer);
}

/**
 * Writes one line to standard error, whatever has become of `console`. At once: the streams of threads write by
 * the event loops of both sides, and what waits for these is lost when the thread is ended.
 */
export function writeErrorLine(line: string): void {
  const text = line + "\n";
  try {
    fileSystem().writeSync(STANDARD_ERROR, text);
  } catch {
    process.stderr.write(text); // not covered: only if standard error is full, or closed
  }
}

/** The working directory. */
export function workingDirectory(): string {
  return process.cwd();
}

/** `file://` URL of a path, relative ones from the working directory. */
export function pathToUrl(path: string): string {
  return pathToFileURL(path).href;
}

/** What the specification of web workers has to tell them by. */
function isWebWorker(): boolean {
  const { WorkerGlobalScope: scope } = globalThis as { WorkerGlobalScope?: typeof Object };
  return scope !== undefined && globalThis instanceof scope;
}

/** Asked when the library is loaded: the data is taken away before other code runs. */
function isWorkerThread(): boolean {
  if (!(WORKER in globalThis)) {
    const data = workerData as Partial<Handover> | null | undefined;
    if (data?.library !== LIBRARY) return false;
    markWorker(data.selfStart === true);
  }
  return true;
}

/**
 * The environment says so to a process that starts; what that process starts in turn is a program of
 * its own.
 */
function isWorkerProcess(): boolean {
  if (WORKER in globalThis) return true; // not covered: only with two copies of the library in one worker
  const said = environment("KNITTING_PROCESS_WORKER");
  if (said !== "1" && said !== SELF_STARTING) return false;
  delete process.env.KNITTING_PROCESS_WORKER;
  markWorker(said === SELF_STARTING);
  return true;
}

function markWorker(selfStart: boolean): void {
  Object.defineProperty(globalThis, WORKER, { value: { selfStart } satisfies WorkerMark });
}
