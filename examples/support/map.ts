// Calls for many inputs, some at a time, with a bar on standard error.

import cliProgress from "cli-progress";
import process from "node:process";

/** Calls in flight: enough to keep many workers busy, few enough to keep memory small. */
const AT_ONCE = 64;

/**
 * The results of `call` for all inputs, in the order of the inputs. `onResult` hears of each as it
 * comes, in any order; who draws while they come, needs no bar.
 */
export async function map<Input, Result>(
  inputs: readonly Input[],
  call: (input: Input) => Result | Promise<Result>,
  onResult?: (result: Result, done: number) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const bar = onResult === undefined ? startBar(inputs.length) : undefined;
  // All loops take from this iterator; when one of them throws, it ends for the others, too.
  const remaining = (function* () {
    yield* inputs.entries();
  })();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [index, input] of remaining) {
      const result = results[index] = await call(input);
      done++;
      bar?.update(done);
      onResult?.(result, done);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    bar?.stop();
  }
  return results;
}

/** Shown on a terminal only. */
function startBar(total: number): cliProgress.SingleBar {
  const options = { stream: process.stderr, clearOnComplete: true };
  const bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
  bar.start(total, 0);
  return bar;
}
