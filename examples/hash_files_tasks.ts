// The task of hash_files.ts. Workers import this module, and nothing else of the example: so tasks
// live in a module of their own that loads little.

import { createHash } from "node:crypto";
import { brotliCompressSync, constants } from "node:zlib";
import { task } from "../mod.ts";

/** What is left of a file: small, so that it crosses back cheaply. */
export interface FileSummary {
  readonly digest: string;
  readonly compressedBytes: number;
}

const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

// `task` notes which module this is. That is where workers look for the export, so the pool can be
// created in another module.
export const summarize = task({
  f: (bytes: Uint8Array): FileSummary => ({
    digest: createHash("sha256").update(bytes).digest("hex"),
    compressedBytes: brotliCompressSync(bytes, brotli).length,
  }),
});
