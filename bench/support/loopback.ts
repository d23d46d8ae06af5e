/**
 * Calls to a server on this machine, in a worker thread of the same runtime: HTTP with `fetch`, one
 * request for each call, and one WebSocket for all. Values are written and read by `node:v8`.
 *
 * @module
 */

import { once } from "node:events";
import { deserialize, serialize } from "node:v8";
import { Worker } from "node:worker_threads";
import type { CallMessage, ReplyMessage } from "./post_message.ts";
import type { Maker, Subject } from "./subject.ts";

const SERVER = new URL("./rival_workers/loopback.ts", import.meta.url);

/** A server that starts. */
function startServer(): { readonly port: Promise<number>; close(): Promise<void> } {
  const worker = new Worker(SERVER);
  return {
    port: once(worker, "message").then(([port]) => port as number),
    async close() {
      const gone = once(worker, "exit");
      worker.terminate();
      await gone;
    },
  };
}

export const http: Maker = {
  name: "HTTP",
  runnerOnly: true,
  open(): Subject {
    const server = startServer();
    return {
      call: (name) => async (argument) => {
        const message: CallMessage = [0, name, argument];
        const response = await fetch(`http://127.0.0.1:${await server.port}/`, {
          method: "POST",
          body: new Uint8Array(serialize(message)),
        });
        return resultOf(deserialize(new Uint8Array(await response.arrayBuffer())));
      },
      close: () => server.close(),
    };
  },
};

export const webSocket: Maker = {
  name: "WebSocket",
  runnerOnly: true,
  open(): Subject {
    const server = startServer();
    const waiting = new Map<number, (reply: ReplyMessage) => void>();
    let nextId = 0;
    const socket = connect(server.port, (reply) => {
      waiting.get(reply[0])!(reply);
      waiting.delete(reply[0]);
    });
    let open: WebSocket | undefined;
    return {
      call: (name) => async (argument) => {
        open ??= await socket;
        const message: CallMessage = [nextId++, name, argument];
        open.send(new Uint8Array(serialize(message)));
        return resultOf(await new Promise((resolve) => waiting.set(message[0], resolve)));
      },
      async close() {
        (await socket).close();
        await server.close();
      },
    };
  },
};

async function connect(
  port: Promise<number>,
  onReply: (reply: ReplyMessage) => void,
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${await port}/`);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }) => onReply(deserialize(new Uint8Array(data))));
  await once(socket, "open");
  return socket;
}

/** Errors cross as their messages. */
function resultOf([, failed, value]: ReplyMessage): unknown {
  if (failed) throw new Error(value as string);
  return value;
}
