/**
 * The adapter for the runtime this program runs on. The npm package has a condition for each runtime
 * instead (`#adapter` in its `package.json`), so that none reads the code of another; bundles, whose
 * runtime nobody knows when they are made, have this module.
 *
 * @module
 */

import { adapter as bun } from "./bun.ts";
import { adapter as deno } from "./deno.ts";
import { adapter as node } from "./node.ts";
import type { Runtime, RuntimeName } from "./runtime.ts";

const adapters: Readonly<Record<RuntimeName, Runtime>> = { node, deno, bun };

/** The adapter. */
export const adapter: Runtime =
  adapters["Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node"];
