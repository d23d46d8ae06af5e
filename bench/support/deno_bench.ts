/**
 * Cells as cases of `deno bench`.
 *
 * What that cannot do is left to our own runner: contenders that need limits, interleaving, and
 * values that are not a time, which are printed here.
 *
 * @module
 */

import type { Cell, Contender, Group, Measured } from "./question.ts";

/** Registers one case for each contender of the cell. */
export function joinDenoBench<O>(group: Group<O>, cell: Cell<O>): void {
  if (!("Deno" in globalThis)) {
    throw new Error(`A bench file is run by "deno task bench ${group.question}" or "deno bench"`);
  }
  const [baseline] = group.contenders;
  for (const contender of group.contenders) {
    if (contender.runnerOnly) continue;
    Deno.bench({
      name: `${cell.name}: ${contender.name}`,
      group: `${group.question}: ${cell.name}`,
      baseline: contender === baseline,
      ...cell.slow && { n: cell.least ?? 10, warmup: 0 },
      fn: cell.sync ? syncCase(contender, cell) : asyncCase(group, contender, cell),
    });
  }
}

function syncCase<O>(contender: Contender<O>, cell: Cell<O>): () => void {
  const prepare = () => (cell.prepare(contender.open() as O) as { batch: () => unknown }).batch;
  let batch: (() => unknown) | undefined;
  return () => void (batch ??= prepare())();
}

function asyncCase<O>(
  group: Group<O>,
  contender: Contender<O>,
  cell: Cell<O>,
): (b: Deno.BenchContext) => Promise<void> {
  let measured: Measured | undefined;
  return async (b) => {
    if (measured === undefined) {
      await closeOtherThan(group);
      measured = await cell.prepare(await group.open(contender));
    }
    if ("batch" in measured) return void await measured.batch();
    if ("round" in measured) throw new Error("rounds need our own runner");
    const value = await measured.sample(b);
    if (cell.unit !== undefined) console.log(`${value.toFixed(0)} ${cell.unit}`);
  };
}

// deno-lint-ignore no-explicit-any
let open: Group<any> | undefined;

/** A pool that is not needed any more should not share the processors with the next. */
async function closeOtherThan<O>(group: Group<O>): Promise<void> {
  if (open === group) return;
  const previous = open;
  open = group;
  for (const contender of previous?.contenders ?? []) await previous!.close(contender);
}
