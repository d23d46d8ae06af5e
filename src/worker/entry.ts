/**
 * What a worker thread runs. Reached by URL, never imported.
 *
 * @module
 */

import { threadHost } from "../runtime/threads.ts";
import { boot } from "./boot.ts";

await boot(threadHost());
