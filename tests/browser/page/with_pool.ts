// Pools of the tasks, for one check.

import { createPool, type Options, type Pool } from "knitting/browser";
import * as tasks from "./tasks.ts";

const { add: _add, poolOfAdd: _poolOfAdd, ...all } = tasks;

/** Runs `body` with a pool, and closes it. */
export async function withPool(
  options: Options,
  body: (call: Pool<typeof all>["call"]) => Promise<void>,
): Promise<void> {
  const pool = createPool(options)(all);
  try {
    await body(pool.call);
  } finally {
    await pool.shutdown();
  }
}
