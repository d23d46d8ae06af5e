/** The `source` of pools whose tasks may call {@linkcode endWorker}. */
export const mortalWorker: string = new URL("../fixtures/mortal_worker.ts", import.meta.url).href;

/** Ends this worker at once, as nothing else that a task can call does. */
export function endWorker(code: number): never {
  const { endWorker } = globalThis as { endWorker?: (code: number) => never };
  if (endWorker === undefined) throw new Error("a pool with endWorker needs source: mortalWorker");
  return endWorker(code);
}
