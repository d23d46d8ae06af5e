// Loaded by workers alone.

if (!("WorkerGlobalScope" in globalThis)) throw new Error("the page loads what is for workers");

export const triple = (n: number): number => 3 * n;
