// Results that come one after the other: from `pool.map`, or from the main thread.

import cliProgress from "cli-progress";
import process from "node:process";

/** What `pool.map` gives, without a pool: the same one by one, here. */
export async function* onHost<Input, Result>(
  inputs: Iterable<Input | Promise<Input>> | AsyncIterable<Input>,
  f: (input: Input) => Result | Promise<Result>,
): AsyncGenerator<Result, void, void> {
  for await (const input of inputs) yield await f(input);
}

/** All results, in an array, with a bar on standard error meanwhile. */
export async function collect<Result>(
  results: AsyncIterable<Result>,
  total: number,
): Promise<Result[]> {
  const all: Result[] = [];
  const bar = startBar(total);
  try {
    for await (const result of results) {
      all.push(result);
      bar.update(all.length);
    }
  } finally {
    bar.stop();
  }
  return all;
}

/** Shown on a terminal only. */
function startBar(total: number): cliProgress.SingleBar {
  const options = { stream: process.stderr, clearOnComplete: true };
  const bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
  bar.start(total, 0);
  return bar;
}
