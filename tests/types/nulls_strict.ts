// Without strictNullChecks null and undefined are in every type. Compiled only: scripts/check_types.ts.

import { createPool, task } from "../../mod.ts";

export const nullable = (value: string | null): string | null => value;
export const text = task({ f: (value: string) => value });

export function calls(): void {
  const { call } = createPool({})({ nullable, text });
  void call.nullable(null);
  void call.nullable(Promise.resolve(null));
  void call.text("x");
  // @ts-expect-error null is not undefined
  void call.nullable(undefined);
  // @ts-expect-error null is not text
  void call.text(null);
  // @ts-expect-error nor is undefined
  void call.text(undefined);
  // @ts-expect-error nor is a promise of it
  void call.text(Promise.resolve(undefined));
  // @ts-expect-error the result may be null
  const result: Promise<string> = call.nullable("x");
  void result;
}

/** Nor is undefined an abort signal. */
export function signals(): void {
  task({ abortSignal: undefined, f: (n: number) => n });
  // @ts-expect-error there is no second parameter
  task({ abortSignal: undefined, f: (n: number, signal: AbortSignal) => signal.aborted ? 0 : n });
}
