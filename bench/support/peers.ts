/**
 * Other pools, from npm. They load `functions.ts` as it is.
 *
 * Both give a worker one call at a time unless told otherwise; where calls are bound early they are
 * told otherwise, which makes batches of short calls five to ten times as fast.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Piscina } from "piscina";
import type { Tinypool } from "tinypool";
import { Gap } from "./question.ts";
import type { Maker, SubjectOptions } from "./subject.ts";

const MODULE = new URL("./functions.ts", import.meta.url);
const EARLY_CALLS = 1000;

function sizes({ threads, binding }: SubjectOptions) {
  return {
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: binding === "early" ? EARLY_CALLS : 1,
  };
}

let PiscinaClass: typeof Piscina;

export const piscina: Maker = {
  name: "piscina",
  runnerOnly: true,
  async load() {
    PiscinaClass = (await import("piscina")).Piscina;
  },
  open(options) {
    const pool = new PiscinaClass({ filename: fileURLToPath(MODULE), ...sizes(options) });
    return {
      call(name) {
        const runOptions = { name };
        return (argument) => pool.run(argument, runOptions);
      },
      close: () => pool.destroy(),
    };
  },
};

let TinypoolClass: typeof Tinypool;

export const tinypool: Maker = {
  name: "tinypool",
  runnerOnly: true,
  async load() {
    if ("Deno" in globalThis) throw new Gap("tinypool 2.2.0 never answers on Deno");
    TinypoolClass = (await import("tinypool")).Tinypool;
  },
  open(options) {
    const pool = new TinypoolClass({ filename: MODULE.href, ...sizes(options) });
    return {
      call(name) {
        const runOptions = { name };
        return (argument) => pool.run(argument, runOptions);
      },
      close: () => pool.destroy(),
    };
  },
};
