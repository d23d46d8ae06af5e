/**
 * knitting as the npm package has it, where that makes a difference: JavaScript in a few files. For Node and
 * Bun; Deno resolves imports of a package only in one that is installed.
 *
 * @module
 */

import { existsSync } from "node:fs";
import type * as source from "../../mod.ts";
import { currentRuntime } from "../../scripts/runtimes.ts";
import { Gap } from "./question.ts";
import type { Call, Maker, Subject } from "./subject.ts";

/** What the package has under its name for Bun, and for the others. */
const mainModule = currentRuntime() === "bun" ? "lazy" : "mod";

let createPool: typeof source.createPool;
let tasks: typeof import("./npm_tasks.ts");

export const npmKnitting: Maker = npmKnittingWith("knitting (npm package)", {});

/** The same with some options. */
export function npmKnittingWith(name: string, options: source.Options): Maker {
  return {
    name,
    async load() {
      if (currentRuntime() === "deno") {
        throw new Gap("Deno resolves imports of installed packages only");
      }
      const module = new URL(`../../npm/${mainModule}.js`, import.meta.url);
      if (!existsSync(module)) throw new Gap("it has to be built first: deno task build:npm");
      ({ createPool } = await import(module.href));
      tasks = await import("./npm_tasks.ts");
    },
    open({ threads }): Subject {
      const pool = createPool({ ...options, threads })(tasks);
      return {
        call: (name) => pool.call[name as keyof typeof tasks] as Call,
        close: () => pool.shutdown(),
      };
    },
  };
}
