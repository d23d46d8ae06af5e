/**
 * knitting as the npm package has it, where that makes a difference: JavaScript in a few files. For Node and
 * Bun; Deno resolves imports of a package only in one that is installed.
 *
 * @module
 */

import { existsSync } from "node:fs";
import type { Options } from "../../mod.ts";
import { currentRuntime } from "../../scripts/runtimes.ts";
import { Gap } from "./question.ts";
import type { Call, Maker, Subject } from "./subject.ts";

let loaded: typeof import("./npm_tasks.ts");

export const npmKnitting: Maker = npmKnittingWith("knitting (npm package)", {});

/** The same with some options. */
export function npmKnittingWith(name: string, options: Options): Maker {
  return {
    name,
    async load() {
      if (currentRuntime() === "deno") {
        throw new Gap("Deno resolves imports of installed packages only");
      }
      if (!existsSync(new URL("../../npm/mod.js", import.meta.url))) {
        throw new Gap("it has to be built first: deno task build:npm");
      }
      loaded = await import("./npm_tasks.ts");
    },
    open({ threads }): Subject {
      const { createPool, ...tasks } = loaded;
      const pool = createPool({ ...options, threads })(tasks);
      return {
        call: (name) => pool.call[name as keyof typeof tasks] as Call,
        close: () => pool.shutdown(),
      };
    },
  };
}
