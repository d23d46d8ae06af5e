/**
 * Shared memory as one thread has it: a hold on a mapping, and a buffer over it. The memory is there as
 * long as a hold is: until `close`, or until the buffer and all views of it are collected.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { nativeLibrary } from "./library.ts";
import { checked } from "./system_error.ts";

/** A buffer over shared memory that can be closed. */
export class HeldMemory {
  #buffer: ArrayBuffer;
  readonly #hold: number;

  /** @param hold is this object's from now on */
  private constructor(hold: number) {
    this.#hold = hold;
    try {
      this.#buffer = nativeLibrary().wrap(hold);
    } catch (cause) { // not covered: only where the engine has no buffers as large as that
      nativeLibrary().call.knit_hold_release(hold);
      const { message } = cause as Error; // for example, Bun has no buffers above 4 GiB
      throw new KnittingError(
        "KNT_ERROR_SHARED_MEMORY",
        `Cannot make a buffer over shared memory: ${message}`,
        { cause },
      );
    }
  }

  /**
   * Maps a memory object, whose handle is closed together with it.
   *
   * @param what for the message of the error, as in "Cannot <what>"
   * @param owned whether the handle is also closed if the memory cannot be mapped
   */
  static open(handle: number, size: number, what: string, owned: boolean): HeldMemory {
    const { call } = nativeLibrary();
    const hold = call.knit_hold_open(handle, size);
    if (hold < 0 && owned) call.knit_handle_close(handle);
    return new HeldMemory(checked(hold, what));
  }

  /** Memory that another thread of this process has mapped; `undefined` if none has it any more. */
  static share(mapping: number): HeldMemory | undefined {
    const hold = nativeLibrary().call.knit_hold_share(mapping);
    return hold < 0 ? undefined : new HeldMemory(hold);
  }

  /** A hold that keeps the memory until another thread has its own, and {@linkcode HeldMemory.drop}s it. */
  handOver(): number {
    return checked(nativeLibrary().call.knit_hold_share(this.mapping), "share memory");
  }

  /** Gives a hold up that was handed over. */
  static drop(hold: number): void {
    nativeLibrary().call.knit_hold_release(hold);
  }

  /** All of the memory. Detached after {@linkcode close}. */
  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  /** Number of the mapping, the same in all threads of this process. */
  get mapping(): number {
    return checked(nativeLibrary().call.knit_hold_mapping(this.#hold), "use closed memory");
  }

  /** Where it lies. */
  get address(): number {
    return checked(nativeLibrary().call.knit_hold_address(this.#hold), "use closed memory");
  }

  /** Handle of the memory object. */
  get handle(): number {
    return checked(nativeLibrary().call.knit_hold_handle(this.#hold), "use closed memory");
  }

  /** A `SharedArrayBuffer` over the same memory, which stays valid after {@linkcode close}, or `undefined`. */
  sharedBuffer(): SharedArrayBuffer | undefined {
    const hold = this.handOver();
    const buffer = nativeLibrary().wrapShared(hold);
    if (buffer === undefined) HeldMemory.drop(hold);
    return buffer;
  }

  /** Whether the memory is not here any more: it was closed, or its buffer was moved elsewhere. */
  get closed(): boolean {
    return this.#buffer.detached;
  }

  /**
   * Detaches the buffer and all views of it, and gives the memory up. If somebody has moved the
   * buffer elsewhere, or does not let it be detached, the memory is given up when it is collected.
   */
  close(): void {
    if (this.closed) return;
    try {
      this.#buffer.transfer(0);
    } catch {
      this.#buffer = detachedBuffer();
      return;
    }
    nativeLibrary().call.knit_hold_release(this.#hold);
  }
}

function detachedBuffer(): ArrayBuffer {
  const buffer = new ArrayBuffer(0);
  buffer.transfer();
  return buffer;
}
