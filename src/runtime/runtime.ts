/**
 * The contract between the library and the program that runs it. Each adapter (`node.ts`, `deno.ts`,
 * `bun.ts`) fills it in; everything else asks for a capability and never for a name.
 *
 * @module
 */

import type { NativeFunction, NativeSymbol } from "./native_module.ts";
import type { RawMemory } from "./raw_memory.ts";

/** The runtimes that have an adapter. */
export type RuntimeName = "node" | "deno" | "bun";

/** What differs between runtimes. */
export interface Runtime {
  readonly name: RuntimeName;
  /** Text and bytes in and out of raw memory, the fastest way here. */
  rawMemory(buffer: ArrayBufferLike): RawMemory;
  /** Whether what a thread is sent can be taken at once, and not only when its event loop has a turn. */
  readonly hasPipes: boolean;
  /** Whether text of this length crosses faster as a message than through shared memory. */
  prefersMessage(text: string): boolean;
  /** Whether so many bytes cross faster in memory that is moved than through shared memory. */
  prefersMove(lengthBytes: number): boolean;
  /**
   * Whether the stack of an error made while a promise is settled shows the functions that await
   * it. Where it does not, the call site must be recorded when the call is made.
   */
  readonly hasAsyncStacks: boolean;
  /** Whether a thread can be given flags and limits of its own. */
  readonly hasThreadFlags: boolean;
  /** Whether the error that a thread dies of is what `error` is called with, and not only a text that tells of it. */
  readonly passesErrors: boolean;
  /** Starts a thread that does not keep the program alive. */
  startThread(
    entry: URL,
    options: ThreadStart,
    events: Pick<ThreadEvents, "error" | "exit">,
  ): RunningWorker;
  /** The file system. */
  readonly files: Files;
  /** The plain functions of a native library, the fastest way to call them here. */
  bindFunctions(
    path: string,
    symbols: Readonly<Record<string, NativeSymbol>>,
  ): Record<string, NativeFunction>;
  /**
   * Gives up the permission to load these native libraries, for good, or that to load any, if there is
   * such a permission here. What is loaded stays usable.
   */
  dropNative(paths: readonly string[]): void;
}

/** A file system; everything throws what the runtime throws, but for {@linkcode Files.exists}. */
export interface Files {
  /** Whether something is there, as far as this program can see. */
  exists(path: string): boolean;
  /** The path without links. */
  realPath(path: string): string;
  /** What is in a folder. */
  entries(folder: string): readonly FileEntry[];
}

/** One thing in a folder. */
export interface FileEntry {
  readonly name: string;
  readonly isLink: boolean;
}

/** What a thread is started with. */
export interface ThreadSetup {
  readonly entry: URL;
  /** Whether the library serves the calls as soon as it is loaded, with nobody to say so. */
  readonly selfStart: boolean;
  readonly name: string;
  /** Handed over as a clone. */
  readonly bootData: unknown;
  /** What of it is moved. */
  readonly transfer: readonly unknown[];
  /** Flags instead of those of this program; only where {@linkcode Runtime.hasThreadFlags}. */
  readonly execArgv: readonly string[] | undefined;
  /** All of its environment; `undefined` for a copy of this program's. */
  readonly environment: Readonly<Record<string, string>> | undefined;
  /** Limits of its memory; only where {@linkcode Runtime.hasThreadFlags}. */
  readonly resourceLimits: Readonly<Record<string, number>> | undefined;
}

/** What a thread is started with, as options of a `Worker` of `node:worker_threads`. */
export interface ThreadStart {
  readonly name: string;
  readonly workerData: unknown;
  /** What of that is moved. */
  readonly transferList: unknown[];
  readonly execArgv?: string[];
  /** By default that of this program as it is now. */
  readonly env?: Record<string, string | undefined>;
  readonly resourceLimits?: Readonly<Record<string, number>>;
}

/** What a process is started with. */
export interface ProcessSetup {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Handle that becomes its standard input; `undefined` for none. */
  readonly stdin: number | undefined;
}

/** How a process tells of itself. */
export interface ProcessEvents {
  /** It could not be started; `exit` follows. */
  error(error: unknown): void;
  /** It is gone. */
  exit(code: number, signal?: string): void;
}

/** How a thread tells of itself. */
export interface ThreadEvents extends ProcessEvents {
  /** It sent a message. */
  message(message: unknown): void;
  /** An error that nothing caught; `exit` follows. */
  error(error: unknown): void;
}

/** A thread or a process as its maker holds it. */
export interface RunningWorker {
  /** Ends it now, wherever it is. */
  terminate(): void;
}

/** A process as its maker holds it. */
export interface RunningProcess extends RunningWorker {
  /**
   * Whether the process with this number is the one that was started, or was started by it in turn. Where the
   * system does not tell, which is everywhere but on Linux, it may be any.
   */
  owns(processId: number): boolean;
}

/** What a thread can do with the one that made it. */
export interface ThreadHost {
  /** What the maker handed over, unchecked. */
  readonly bootData: unknown;
  /** Sends a message. */
  post(message: unknown): void;
  /** Keeps this thread alive until {@linkcode exit}. */
  stayAlive(): void;
  /** Ends this thread. */
  exit(code: number): void;
  /** Has `die` called with an error that nothing catches, where nobody else tells the maker what it was. */
  readonly onUncaught?: (die: (error: unknown) => void) => void;
}

/** Keeps the program from ending, while held. */
export interface KeepAlive {
  hold(): void;
  release(): void;
  /** Releases, and gives back what it is made of; `hold` works again afterwards. */
  close(): void;
}

/** Two ends for values that cannot go through shared memory. */
export interface MessagePipe {
  /** The end that stays. */
  readonly near: MessageEnd;
  /** The end to hand to a thread, in its boot data. */
  readonly far: unknown;
}

/** One end of a {@linkcode MessagePipe}. */
export interface MessageEnd {
  /** Sends; it can be taken at once. An `ArrayBuffer` is moved: it is detached here. */
  post(value: unknown): void;
  /** The oldest value sent by the other end. */
  take(): unknown;
  close(): void;
}
