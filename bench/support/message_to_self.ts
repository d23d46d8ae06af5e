/**
 * What a message costs without a thread to send it to: the runtime writes the value down, and reads
 * it again. (`structuredClone` would not do: Deno returns primitives as they are.)
 *
 * @module
 */

import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";

/** A function that sends what it is given through a message channel. */
export function messageToSelf(): <T>(value: T) => T {
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  port2.unref();
  return (value) => {
    port1.postMessage(value);
    return receiveMessageOnPort(port2)!.message;
  };
}
