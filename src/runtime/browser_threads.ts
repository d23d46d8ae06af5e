/**
 * Web workers, messages, turns of the event loop: `threads.ts` for browsers. Workers load this file,
 * too, as a part of the bundle that the page has.
 *
 * @module
 */

import type {
  KeepAlive,
  MessageEnd,
  MessagePipe,
  RunningWorker,
  ThreadEvents,
  ThreadHost,
  ThreadSetup,
} from "./runtime.ts";

/** What only the global object of a worker has. */
interface WorkerScope {
  readonly name: string;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  addEventListener(type: "error", listener: (event: ErrorEvent) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  postMessage(message: unknown): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;

/** Whether this is a page, and not a worker of any kind. */
export const isMain: boolean = !("WorkerGlobalScope" in globalThis);

/** Names of workers that pools start. */
const POOL_WORKER = /^knitting-w\d+$/;

/** Whether this is a worker that `createPool` has started, and not one that somebody else has. */
export const isWorker: boolean = !isMain && POOL_WORKER.test(scope.name);

/** Whether {@linkcode heapBytes} can be asked. */
export const canMeasureHeap: boolean = false;

/** Nobody asks: options that need it are refused. */
export function heapBytes(): number {
  return 0;
}

/** Processors this page may use. */
export const cores: number = navigator.hardwareConcurrency;

/** Number of this program; pages have none. */
export const processId = 0;

/** The longest delay a timer takes. */
const FOREVER_MS = 2 ** 31 - 1;

/** Said by a worker that listens: what is sent to it earlier could get lost. */
const HELLO = "knitting.hello";

/** What a worker starts with. */
export interface Handover {
  readonly boot: unknown;
  /** Where the worker tells of itself: messages, and at its end a number. */
  readonly port: MessagePort;
  /** Whether it is to serve by itself, because no module of the user's does it. */
  readonly serves: boolean;
}

/** Starts a worker. */
export function startThread(
  { entry, name, bootData, transfer }: ThreadSetup,
  events: ThreadEvents,
): RunningWorker {
  const { port1: port, port2: far } = new MessageChannel();
  const worker = new Worker(entry, { type: "module", name });
  let gone = false;
  const end = (code: number): void => {
    if (gone) return;
    gone = true;
    worker.terminate();
    port.close();
    events.exit(code);
  };
  worker.onmessage = ({ data }) => {
    if (data !== HELLO) return;
    worker.onmessage = null;
    const handover: Handover = {
      boot: bootData,
      port: far,
      serves: entry.href === import.meta.url,
    };
    worker.postMessage(handover, [far, ...transfer as Transferable[]]);
  };
  port.onmessage = ({ data }) => typeof data === "number" ? end(data) : events.message(data);
  worker.onerror = (event) => {
    event.preventDefault();
    events.error(errorOf(event, entry));
    end(1);
  };
  return {
    terminate() {
      worker.terminate();
      nextTurn(() => end(1));
    },
  };
}

/** An error of a worker that has not yet learnt to tell of it; without a message it is about its script. */
function errorOf({ message, filename, lineno, colno }: ErrorEvent, { href }: URL): Error {
  if (message === undefined) return new Error(`the script of the worker cannot be loaded: ${href}`);
  const error = new Error(message);
  error.stack = `${message}\n    at ${filename}:${lineno}:${colno}`;
  return error;
}

const awaited: Promise<Handover> | undefined = isWorker ? awaitHandover() : undefined;

function awaitHandover(): Promise<Handover> {
  return new Promise((resolve) => {
    scope.addEventListener("message", function take(event): void {
      scope.removeEventListener("message", take);
      event.stopImmediatePropagation(); // it is nobody else's business
      resolve(event.data);
    });
    scope.postMessage(HELLO);
  });
}

/**
 * What this worker starts with.
 *
 * @throws {Error} in what is no worker of a pool
 */
export function handover(): Promise<Handover> {
  return awaited ?? Promise.reject(notStarted());
}

function notStarted(): Error {
  return new Error("only a worker that createPool has started can serve calls, and only once");
}

let taken = false;

/**
 * The page that made this worker.
 *
 * @param startupData from {@linkcode handover}
 * @throws {Error} the second time
 */
export function threadHandover(startupData?: unknown): ThreadHost {
  if (taken) throw notStarted();
  taken = true;
  const { boot, port } = startupData as Handover;
  return {
    bootData: boot,
    post: (message) => port.postMessage(message),
    stayAlive() {},
    exit(code) {
      port.postMessage(code);
      scope.close();
    },
    onUncaught(die) {
      scope.addEventListener("error", (event) => {
        event.preventDefault();
        die(event.error ?? event.message);
      });
    },
  };
}

/** There are none: what was sent can be taken only when the event loop has a turn. */
export function messagePipe(): MessagePipe | undefined {
  return undefined;
}

/** The end of a pipe, which there are none of. */
export function messageEnd(): MessageEnd {
  throw new Error("there are no pipes in browsers");
}

/** Nothing is known of who else uses a buffer. */
export function isUnmovable(): boolean {
  return false;
}

/** A page lives as long as its user wants. */
export function keepAlive(): KeepAlive {
  return { hold() {}, release() {}, close() {} };
}

const turns = new MessageChannel();
const waiting: (() => void)[] = [];
turns.port1.onmessage = () => waiting.shift()!();

/** Calls back after the event loop has taken a turn. Timers would be late, in pages out of sight by a second. */
export function nextTurn(callback: () => void): void {
  waiting.push(callback);
  turns.port2.postMessage(undefined);
}

/** Calls back once, after `ms` milliseconds, at most 24 days. */
export function later(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(ms, FOREVER_MS));
  return () => clearTimeout(timer);
}

const writeError = console.error.bind(console);

/** Writes one line to the console, whatever becomes of its functions. */
export function writeErrorLine(line: string): void {
  writeError(line);
}

/** What relative paths start from. */
export function workingDirectory(): string {
  return new URL(".", location.href).href;
}

/** The URL of a path. */
export function pathToUrl(path: string): string {
  return new URL(path, location.href).href;
}
