/**
 * Renders pages all the time, for nobody, as a worker with more calls than it can run.
 *
 * @module
 */

import { ssr } from "./http_work.ts";

for (;;) await ssr("nobody");
