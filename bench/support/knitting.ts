/**
 * knitting, with default options.
 *
 * @module
 */

import { createPool, type Options, type WorkerOptions } from "../../mod.ts";
import type { Call, Maker, Subject } from "./subject.ts";
import * as tasks from "./tasks.ts";

export const knitting: Maker = knittingWith("knitting", {});

/** Workers that are processes of one runtime, with all permissions: none of their own is asked here. */
export function knittingProcesses(
  processRuntime: "node" | "deno" | "bun",
  options: WorkerOptions = {},
): Maker {
  const worker = { ...options, runtime: "process", processRuntime } as const;
  return knittingWith(`process: ${processRuntime}`, { worker, permission: "unsafe" });
}

/** The same with some options. */
export function knittingWith(name: string, options: Options): Maker {
  return {
    name,
    open({ threads }): Subject {
      const pool = createPool({ ...options, threads })(tasks);
      return {
        call: (name) => pool.call[name] as Call,
        close: () => pool.shutdown(),
      };
    },
  };
}
