/** The other side of `wake_bench.ts` by messages: a thread or a process that sends back what it gets. */

import process from "node:process";
import { parentPort } from "node:worker_threads";

if (parentPort !== null) {
  const port = parentPort;
  port.on("message", (message) => port.postMessage(message));
} else {
  process.on("message", (message) => process.send!(message));
  process.on("disconnect", () => process.exit(0));
  process.send!("ready");
}
