/**
 * Memory that threads and processes share without copying.
 *
 * @example
 * ```ts
 * import { ProcessSharedBuffer } from "@vixeny/knitting/shared-memory";
 *
 * using shared = ProcessSharedBuffer.create(64);
 * Atomics.store(shared.view(Int32Array), 0, 42);
 * console.log(shared.subbuffer(0, 4).view(Int32Array)[0]); // 42
 * ```
 *
 * @module
 */

export type { FileDescriptor } from "./src/memory/file_descriptor.ts";
export {
  type FileDescriptorMetadata,
  parseProcessSharedBufferMetadata,
  type ProcessSharedBufferMetadata,
} from "./src/memory/metadata.ts";
export {
  getDefaultProcessSharedBufferPrimitives,
  type ProcessSharedBufferCreator,
  type ProcessSharedBufferKind,
  type ProcessSharedBufferMapOptions,
  type ProcessSharedBufferMapper,
  type ProcessSharedBufferMapping,
  type ProcessSharedBufferOptions,
  type ProcessSharedBufferPrimitives,
  setDefaultProcessSharedBufferPrimitives,
} from "./src/memory/primitives.ts";
export {
  PROCESS_SHARED_BUFFER_BRAND,
  ProcessSharedBuffer,
  type ProcessSharedBufferRange,
  type ProcessSharedBufferView,
  type ProcessSharedBufferViewConstructor,
} from "./src/memory/process_shared_buffer.ts";
export type { RuntimeName } from "./src/runtime/runtime.ts";
