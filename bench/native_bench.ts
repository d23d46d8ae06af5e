// What does it cost to call the native library? Through the foreign function interface of the runtime,
// where it has one, and through Node-API.

import { HeldMemory } from "../src/native/held_memory.ts";
import { nativeLibrary } from "../src/native/library.ts";
import type { NativeFunction } from "../src/runtime/native_module.ts";
import type { NativeFunctions } from "../src/native/symbols.ts";
import { question } from "./support/question.ts";

/** Calls in one sample: a single one is shorter than reading the clock. */
const CALLS = 1000;
const BYTES = 4096;

const native = question("native", "What does it cost to call the native library?");
const calls = native.group<NativeFunctions>("1000 calls", [
  { name: "as the library is called here", open: () => nativeLibrary().call },
  { name: "Node-API", open: () => nativeLibrary() as unknown as NativeFunctions },
]);

/**
 * Calls in a loop. Each loop is compiled by itself: where engines have fast calls into native code, they
 * have them only for a function that they can foresee.
 */
function loopOf(...args: number[]): (f: NativeFunction) => () => void {
  return (f) => {
    const source = `for (let i = 0; i < ${CALLS}; i++) f(${args.join(", ")}); // ${++loops}`;
    return new Function("f", `return () => { ${source}\n };`)(f);
  };
}

let loops = 0;

function cell(name: string, prepare: (functions: NativeFunctions) => () => void): void {
  calls.cell(name, (functions) => ({ batch: prepare(functions) }), { sync: true });
}

function openMemory(): HeldMemory {
  const handle = nativeLibrary().call.knit_memory_create(BYTES);
  return HeldMemory.open(handle, BYTES, "create memory", true);
}

const memory = openMemory();

cell("nothing", ({ knit_interface }) => loopOf()(knit_interface));
cell("wake nobody", ({ knit_wake }) => {
  return loopOf(memory.address, 1)(knit_wake);
});
cell("size of memory", ({ knit_memory_size }) => {
  return loopOf(memory.handle)(knit_memory_size);
});

const mappings = native.group("memory", [{ name: "knitting", open: openMemory }]);
mappings.cell(
  "share a mapping, and close it",
  ({ mapping }) => ({ batch: () => HeldMemory.share(mapping)!.close() }),
  { sync: true },
);
mappings.cell(
  "create 4 KiB, map and close them",
  () => ({ batch: () => openMemory().close() }),
  { sync: true },
);
