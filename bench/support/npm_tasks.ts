/**
 * Some of the work as tasks of the built npm package; its workers import this module.
 *
 * @module
 */

import type * as source from "../../mod.ts";
import { currentRuntime } from "../../scripts/runtimes.ts";
import * as functions from "./functions.ts";

// What the runtime finds under its name. Not one that a compiler resolves: the package is built, and may not be there.
const entry = currentRuntime() === "bun" ? "lazy" : "mod";
const package_ = new URL(`../../npm/${entry}.js`, import.meta.url).href;
const { createPool, task }: typeof source = await import(package_);

export { createPool };

export const noop = task({ f: functions.noop });
export const echo = task({ f: functions.echo });
export const fail = task({ f: functions.fail });
export const burn = task({ f: functions.burn });
export const sleep = task({ f: functions.sleep });
