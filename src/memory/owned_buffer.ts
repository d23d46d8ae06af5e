/**
 * A buffer with one owner at a time. Giving it up means that it is detached, so every view that
 * anybody took of it reads empty: no JavaScript reaches memory after it was freed, in whatever order
 * things end.
 *
 * @module
 */

import { KnittingError, received } from "../errors.ts";
import { isUnmovable } from "../runtime/threads.ts";
import { bufferLength, dataView, isDetached, transfer, typedArray } from "./binary.ts";

/** Memory that references stand for, until it is released or moved. */
export class OwnedBuffer {
  /** What of the buffer its references show. */
  readonly byteOffset: number;
  readonly byteLength: number;
  #buffer: ArrayBuffer | undefined;
  /** Where the memory went, for messages. */
  #fate = "";

  /** @param buffer nobody else uses it from now on */
  constructor(buffer: ArrayBuffer, byteOffset: number, byteLength: number) {
    this.#buffer = buffer;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
  }

  /**
   * Takes over the memory of a buffer, or of the buffer behind a view; it is detached.
   *
   * @throws {TypeError} if it is neither, or cannot be detached
   */
  static takeFrom(source: unknown): OwnedBuffer {
    const isView = ArrayBuffer.isView(source);
    const getters = source instanceof DataView ? dataView : typedArray;
    const buffer: unknown = isView ? getters.buffer.call(source) : source;
    if (buffer instanceof SharedArrayBuffer) {
      throw new TypeError(
        "BufferReference cannot move a SharedArrayBuffer, which is shared as it is: pass it directly",
      );
    }
    if (!isBuffer(buffer)) {
      throw new TypeError(
        `BufferReference expects an ArrayBuffer or typed-array view, received ${received(source)}`,
      );
    }
    if (isDetached(buffer)) {
      throw new TypeError("BufferReference cannot take over a source that is detached already");
    }
    const byteOffset = isView ? getters.byteOffset.call(source) : 0;
    const byteLength = isView ? getters.byteLength.call(source) : bufferLength.call(buffer);
    // What is marked would be moved all the same, on some runtimes: other people's Buffers with it.
    if (isUnmovable(buffer)) {
      throw new TypeError(
        "BufferReference cannot take this memory over, because others use it: small Buffers share " +
          "one ArrayBuffer, and memory of native code belongs to that. Copy it first, for example " +
          "with Uint8Array.from(source)",
      );
    }
    return new OwnedBuffer(detach(buffer), byteOffset, byteLength);
  }

  /** Whether there is memory. A view's buffer can be taken away by anyone who has the view. */
  get isAlive(): boolean {
    return this.#buffer !== undefined && !isDetached(this.#buffer);
  }

  /** @throws {KnittingError} `KNT_ERROR_RELEASED` if the memory is gone */
  whole(): ArrayBuffer {
    const buffer = this.#buffer;
    if (buffer === undefined) throw releasedError(this.#fate);
    if (isDetached(buffer)) throw releasedError(": its buffer was detached");
    return buffer;
  }

  /** Bytes of the whole buffer. */
  get size(): number {
    return bufferLength.call(this.whole());
  }

  /** The buffer itself if all of it is shown, else a copy of what is. */
  exact(): ArrayBuffer {
    const buffer = this.whole();
    const { byteOffset, byteLength } = this;
    return byteOffset === 0 && byteLength === this.size
      ? buffer
      : buffer.slice(byteOffset, byteOffset + byteLength);
  }

  /** Frees the memory now. */
  release(): void {
    const buffer = this.#buffer;
    this.#buffer = undefined;
    if (buffer === undefined || isDetached(buffer)) return;
    try {
      transfer.call(buffer, 0);
    } catch {
      // Somebody has forbidden it since: then it is freed once nobody holds a view.
    }
  }

  /**
   * Has `post` send the memory elsewhere.
   *
   * @throws {KnittingError} `KNT_ERROR_3` if it cannot be sent: then it is still here
   */
  moveOut(post: (buffer: ArrayBuffer) => void): void {
    const buffer = this.whole();
    try {
      post(buffer);
    } catch (cause) {
      throw new KnittingError(
        "KNT_ERROR_3",
        "KNT_ERROR_3: Unsupported payload type; the memory of this BufferReference cannot be moved: " +
          (cause as Error).message,
        { cause },
      );
    }
    if (!isDetached(buffer)) return; // nobody listens any more at the other end, and nothing went there
    this.#buffer = undefined;
    this.#fate = ": it was moved with a call or a result";
  }

  /**
   * Hands the memory to a new owner on this thread.
   *
   * @throws {KnittingError} as {@linkcode OwnedBuffer.moveOut}
   */
  handOver(): OwnedBuffer {
    let moved: ArrayBuffer;
    this.moveOut((buffer) => moved = transfer.call(buffer));
    return new OwnedBuffer(moved!, this.byteOffset, this.byteLength);
  }

  /** Detaches every view that was taken so far, and keeps the memory. */
  revoke(): void {
    if (!this.isAlive) return;
    try {
      this.#buffer = transfer.call(this.#buffer!);
    } catch {
      // Somebody has forbidden it since: then the views stay.
    }
  }
}

function isBuffer(value: unknown): value is ArrayBuffer {
  try {
    bufferLength.call(value);
    return true;
  } catch {
    return false;
  }
}

function releasedError(fate: string): KnittingError {
  return new KnittingError("KNT_ERROR_RELEASED", `BufferReference has been released${fate}`);
}

/** The same memory in a new buffer; one that could be resized is made one that cannot. */
function detach(buffer: ArrayBuffer): ArrayBuffer {
  try {
    return transfer.call(buffer);
  } catch (cause) {
    throw new TypeError(
      "BufferReference needs memory that can be detached; that of WebAssembly, for example, cannot: " +
        "copy it first",
      { cause },
    );
  }
}
