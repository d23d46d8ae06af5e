/**
 * Some of the work as tasks of the built npm package; its workers import this module.
 *
 * @module
 */

import type * as source from "../../task.ts";
import * as functions from "./functions.ts";

// Not one that a compiler resolves: the package is built, and may not be there.
const module = new URL("../../npm/task.js", import.meta.url).href;
const { task }: typeof source = await import(module);

export const noop = task({ f: functions.noop });
export const echo = task({ f: functions.echo });
export const fail = task({ f: functions.fail });
export const burn = task({ f: functions.burn });
export const sleep = task({ f: functions.sleep });
