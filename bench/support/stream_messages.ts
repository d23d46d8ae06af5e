// Sends items as messages: all at once, or as far ahead as the reader lets it.

import { parentPort } from "node:worker_threads";
import { items, type Wanted } from "./stream_items.ts";

let resume = (): void => {};
let credit = 0;

parentPort!.on("message", async (message: number | { wanted: Wanted; window: number }) => {
  if (typeof message === "number") {
    credit += message;
    return resume();
  }
  credit = message.window;
  for (const item of items(message.wanted)) {
    if (credit-- === 0) {
      await new Promise<void>((resolve) => resume = resolve);
      credit--;
    }
    const moved = item instanceof Uint8Array ? [item.buffer as ArrayBuffer] : [];
    parentPort!.postMessage({ value: item, done: false }, moved);
  }
  parentPort!.postMessage({ value: undefined, done: true });
});
