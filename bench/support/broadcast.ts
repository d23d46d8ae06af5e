/**
 * `postMessage` by way of a `BroadcastChannel`; each worker has its own, with nobody else on it.
 *
 * @module
 */

import process from "node:process";
import {
  type Lane,
  type OnError,
  type OnReply,
  PostMessagePool,
  type ReplyMessage,
  type Settings,
  startWorker,
} from "./post_message.ts";
import type { Maker } from "./subject.ts";

/** Deno drops messages while some 250 of all channels together are not read yet. */
const DEPTH = "Deno" in globalThis ? 64 : Infinity;

export const broadcast: Maker = {
  name: "BroadcastChannel",
  runnerOnly: true,
  open: (options) =>
    new PostMessagePool(options, { transfer: false, start: startLane, depth: DEPTH }),
};

let nextChannel = 0;
/** On Deno a channel that is made as the last of the others closes cannot send: "expected i32". */
let keeper: BroadcastChannel | undefined;

/** What is sent before the worker listens would be lost, so calls wait until it has said that it does. */
function startLane(onReply: OnReply, onError: OnError): Lane {
  const name = `bench ${process.pid} ${nextChannel++}`;
  keeper ??= new BroadcastChannel(`${name} stays`);
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event: { readonly data: unknown }) => onReply(event.data as ReplyMessage);
  const waiting: unknown[] = [];
  let isHeard = false;
  const worker = startWorker(() => {
    isHeard = true;
    for (const message of waiting) channel.postMessage(message);
  }, onError);
  worker.post({ transfer: false, channel: name } satisfies Settings);
  return {
    post(message) {
      if (isHeard) channel.postMessage(message);
      else waiting.push(message);
    },
    terminate() {
      channel.close();
      return worker.terminate();
    },
    calls: 0,
  };
}
