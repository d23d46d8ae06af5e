/**
 * Memory that moves to another thread instead of being copied. Experimental.
 *
 * @example
 * ```ts
 * import { BufferReference } from "@vixeny/knitting/unsafe";
 *
 * const bytes = new Uint8Array(1024);
 * const reference = new BufferReference(bytes);
 * console.log(bytes.length, reference.byteLength); // 0 1024
 * reference.release();
 * ```
 *
 * @module
 */

export { BufferReference, BufferReferenceReturn } from "./src/memory/buffer_reference.ts";
export {
  BUFFER_REFERENCE_CODEC_ID,
  BUFFER_REFERENCE_KIND,
  type BufferReferenceMetadata,
  type BufferReferenceRuntime,
  isBufferReferenceMetadata,
} from "./src/memory/buffer_reference_metadata.ts";
