/**
 * `ProcessSharedBuffer`: a text that says which memory it is; nothing of the memory is copied.
 *
 * @module
 */

import type { ProcessSharedBuffer } from "../../memory/process_shared_buffer.ts";
import type { Encoder } from "../encoder.ts";
import { Tag } from "../tags.ts";
import { encodeText } from "./text.ts";

/** Encodes shared memory; flags and tag, or `NO_SPACE`. */
export function encodeShared(encoder: Encoder, value: ProcessSharedBuffer): number {
  return encodeText(encoder, Tag.ProcessSharedBuffer, encoder.share(value));
}
