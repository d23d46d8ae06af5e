// A worker's entry that takes its time before it serves.

import { workerMainLoop } from "knitting/browser";

await new Promise((resolve) => setTimeout(resolve, 5));
Object.assign(globalThis, { prepared: "by the source" });
await workerMainLoop();
