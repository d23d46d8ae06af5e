/**
 * What is known of memory that is not on this thread.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { runtime } from "../runtime/current.ts";
import {
  type BufferReferenceMetadata,
  type BufferReferenceRuntime,
  ORIGIN,
} from "./buffer_reference_metadata.ts";

/** Memory of another thread, process or runtime; or none, if its metadata was made up. */
export class Elsewhere {
  readonly runtime: BufferReferenceRuntime;
  readonly origin: string;
  readonly byteOffset: number;
  readonly byteLength: number;

  constructor({ runtime, origin, byteOffset, byteLength }: BufferReferenceMetadata) {
    this.runtime = runtime;
    this.origin = origin;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
  }

  /** Why it cannot be read here. */
  error(): KnittingError {
    if (this.runtime !== runtime.name) {
      return new KnittingError(
        "KNT_ERROR_3",
        "BufferReference runtime mismatch: " +
          `it was made on ${this.runtime}, and this is ${runtime.name}`,
      );
    }
    if (this.origin === ORIGIN) {
      return new KnittingError(
        "KNT_ERROR_RELEASED",
        "BufferReference has no memory here: " +
          "its token is of another thread, or of memory that is gone",
      );
    }
    return new KnittingError(
      "KNT_ERROR_3",
      "BufferReference cannot be read across a process boundary: " +
        `it was made in ${this.origin}, and this is ${ORIGIN}`,
    );
  }
}
