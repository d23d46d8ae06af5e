/**
 * A worker of comlink.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import * as functions from "../functions.ts";
import { expose, nodeEndpoint } from "./comlink_library.ts";

expose({ ...functions }, nodeEndpoint(parentPort!));
