/**
 * Renders pages for nobody as long as requests come, as a worker with more calls than it can run.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { ssr } from "./http_work.ts";

/** How many requests there have been. */
const requests = workerData as Int32Array;

for (;;) {
  const seen = Atomics.load(requests, 0);
  await ssr("nobody");
  // Another one came meanwhile, or the next one is awaited.
  Atomics.wait(requests, 0, seen);
}
