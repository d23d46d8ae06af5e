/**
 * Life lines: how worker processes end with their host, whatever ends it and whatever stands between
 * the two. The system tells, not the host: after SIGKILL nothing of it runs any more.
 *
 * @module
 */

import { nativeLibrary } from "./library.ts";
import { checked } from "./system_error.ts";

/**
 * The host's end. The line ends when this is let go, or with this thread, which may be one of several of
 * its process, or with this process.
 */
export class LifeLine {
  /** 0 when it is let go: its number may be another line's by then. */
  #line: number;

  /**
   * @param memory handle of the memory that the worker will get, the first line of it
   * @param name of that memory, which is removed if this thread ends first; `""` if it has none
   * @throws {KnittingError} `KNT_ERROR_SHARED_MEMORY`, for example where there is no `/proc`
   */
  constructor(memory: number, name: string) {
    const { call, openLine } = nativeLibrary();
    this.#line = openLine(checked(call.knit_life_hold(memory), "hold a life line"), name);
  }

  /** Lets the line go: on Linux the worker ends at once, elsewhere it does not notice. */
  letGo(): void {
    if (this.#line !== 0) nativeLibrary().closeLine(this.#line);
    this.#line = 0;
  }
}

/**
 * The worker's end: from now on this process ends when the line does, also in the middle of a loop.
 *
 * @param memory handle of the same memory
 * @param hostProcess number of the process that holds the line
 * @param name of that memory, which is removed then; `""` if it has none
 * @throws {KnittingError} `KNT_ERROR_SHARED_MEMORY`
 */
export function followLifeLine(memory: number, hostProcess: number, name: string): void { // not covered: only in worker processes, which end without writing coverage
  const { call } = nativeLibrary();
  checked(call.knit_life_watch(memory, hostProcess, name), "follow a life line");
}

/**
 * The handle that this process was started with as its standard input, which is empty from now on: code
 * that is loaded later, and programs that it starts, do not find the handle there.
 *
 * @throws {KnittingError} `KNT_ERROR_SHARED_MEMORY`
 */
export function takeStandardInput(): number { // not covered: only in worker processes, which end without writing coverage
  return checked(nativeLibrary().call.knit_take_stdin(), "take the standard input over");
}
