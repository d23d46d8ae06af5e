/**
 * The work as knitting's tasks; its workers import this module.
 *
 * @module
 */

import { task } from "../../task.ts";
import type { BufferReference } from "../../unsafe.ts";
import * as functions from "./functions.ts";

export const noop = task({ f: functions.noop });
export const echo = task({ f: functions.echo });
export const echoLater = task({ f: functions.echoLater });
export const fail = task({ f: functions.fail });
export const burn = task({ f: functions.burn });
export const processNumber = task({ f: functions.processNumber });
export const cpuTime = task({ f: functions.cpuTime });
export const sleep = task({ f: functions.sleep });
export const echoAbortable = task({
  abortSignal: true,
  f: (value: unknown, _signal) => value,
});
export const echoTimed = task({ timeout: 60_000, f: functions.echo });
export const echoReference = task({ f: (reference: BufferReference) => reference });
