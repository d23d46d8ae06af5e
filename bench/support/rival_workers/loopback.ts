/**
 * The server of `loopback.ts`: HTTP and WebSocket on one port.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { deserialize, serialize } from "node:v8";
import { parentPort } from "node:worker_threads";
import { WebSocketServer } from "ws";
import * as functions from "../functions.ts";
import type { CallMessage, ReplyMessage } from "../post_message.ts";

/** What is used of a socket: the library has no types. */
interface Socket {
  on(event: "message", listener: (bytes: Uint8Array) => void): void;
  send(bytes: Uint8Array): void;
}

async function answer(bytes: Uint8Array): Promise<Uint8Array> {
  const [id, name, argument] = deserialize(bytes) as CallMessage;
  let reply: ReplyMessage;
  try {
    reply = [id, false, await (functions[name] as (_: unknown) => unknown)(argument)];
  } catch (error) {
    reply = [id, true, (error as Error).message];
  }
  return new Uint8Array(serialize(reply));
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const server = createServer(async (request, response) => {
  response.end(await answer(await bodyOf(request)));
});
new WebSocketServer({ server }).on("connection", (socket: Socket) => {
  socket.on("message", async (bytes: Uint8Array) => socket.send(await answer(bytes)));
});
server.listen(0, "127.0.0.1", () => {
  parentPort!.postMessage((server.address() as AddressInfo).port);
});
