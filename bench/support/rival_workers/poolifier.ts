/**
 * A worker of poolifier. What is called is given an object: null as such would arrive as one that is empty.
 * It waits for what an async function returns, but for no other promise.
 *
 * @module
 */

import { ThreadWorker } from "poolifier";
import * as functions from "../functions.ts";

const tasks = Object.entries(functions).map(([name, run]) => [
  name,
  async (data?: { readonly argument: unknown }) =>
    await (run as (_: unknown) => unknown)(data!.argument),
]);

export default new ThreadWorker<{ readonly argument: unknown }, unknown>(
  Object.fromEntries(tasks),
);
