/**
 * What a worker thread runs. Reached by URL, never imported.
 *
 * @module
 */

import { threadHost } from "../runtime/threads.ts";
import { boot } from "./boot.ts";

// Not awaited: Deno 2.9 keeps more than a megabyte of every worker that ends while its main module is
// still being evaluated.
void boot(threadHost());
