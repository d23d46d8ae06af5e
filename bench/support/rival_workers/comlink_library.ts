/**
 * comlink with its adapter for `node:worker_threads`, whose types do not fit what it is.
 *
 * @module
 */

import type { Endpoint } from "comlink";
// @ts-types="comlink/dist/esm/node-adapter.d.ts"
import adapter from "comlink/dist/esm/node-adapter.mjs";
import type { MessagePort, Worker } from "node:worker_threads";

export { expose, wrap } from "comlink";
export const nodeEndpoint = adapter as unknown as (port: MessagePort | Worker) => Endpoint;
