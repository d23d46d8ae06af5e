/**
 * The worker's side of `post_message.ts`.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import * as functions from "./functions.ts";
import type { CallMessage, ReplyMessage, Settings } from "./post_message.ts";

interface Host {
  onmessage: (event: { readonly data: CallMessage | Settings }) => void;
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
}

const isWebWorker = "Worker" in globalThis;
/** Where replies go. */
let host = (isWebWorker ? globalThis : parentPort) as unknown as Host;
let transfer = false;

const receive = (message: CallMessage | Settings): void => {
  if (Array.isArray(message)) run(message);
  else {
    transfer = message.transfer;
    if (message.channel !== undefined) listenTo(message.channel);
  }
};

/** From now on calls come, and replies go, on a channel. The host is told once it is open. */
function listenTo(name: string): void {
  const port = host;
  const channel = new BroadcastChannel(name) as unknown as Host;
  channel.onmessage = ({ data }) => receive(data);
  host = channel;
  port.postMessage("open");
}

if (isWebWorker) host.onmessage = ({ data }) => receive(data);
else parentPort!.on("message", receive);

function run([id, name, argument]: CallMessage): void {
  try {
    const result = (functions[name] as (argument: unknown) => unknown)(argument);
    if (result instanceof Promise) {
      result.then((value) => reply([id, false, value]), (reason) => reply([id, true, reason]));
    } else reply([id, false, result]);
  } catch (error) {
    reply([id, true, error]);
  }
}

function reply(message: ReplyMessage): void {
  const [, , value] = message;
  if (transfer && value instanceof Uint8Array) {
    host.postMessage(message, [value.buffer as ArrayBuffer]);
  } else host.postMessage(message);
}
