/**
 * What a web worker runs. It is a part of the bundle, which the page loads as well: there it does nothing.
 *
 * @module
 */

import { handover } from "../runtime/browser_threads.ts";
import { workerMainLoop } from "./browser_main_loop.ts";

handover().then(({ serves }) => serves ? workerMainLoop() : undefined, () => {});
