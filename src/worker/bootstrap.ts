/**
 * What the user has every worker run before it imports tasks.
 *
 * @module
 */

import { unpackBootData } from "../memory/boot_data.ts";
import { runtime } from "../runtime/current.ts";
import type { WorkerBoot } from "../runtime/handshake.ts";
import { importModule, namesOf } from "../runtime/import_module.ts";

/**
 * Imports the module of `worker.bootstrap`, and calls the function that is meant; resolves when it is
 * done.
 *
 * @throws what the module or the function throws
 */
export async function runBootstrap({ bootstrap, worker, laneCount }: WorkerBoot): Promise<void> {
  if (bootstrap === undefined) return;
  const { href, name, data } = bootstrap;
  const exports = await importModule(href);
  const run = exports[name];
  if (typeof run !== "function") {
    throw new Error(
      `worker.bootstrap expected export "${name}" from "${href}" to be a function. ` +
        `Available exports: ${namesOf(exports)}`,
    );
  }
  const context = { thread: worker, totalNumberOfThread: laneCount, runtime: runtime.name };
  await run(unpackBootData(data), Object.freeze(context));
}
