// What the bundle for browsers has in the place of a module fits there: `browser_x.ts` against `x.ts`.
// `deno task check` looks at it; nothing runs.

/** `Counterpart`, if all that it has in common with `Original` can stand for that. */
type Fits<Original, Counterpart extends Pick<Original, keyof Original & keyof Counterpart>> =
  Counterpart;

export type CheckPlace = Fits<
  typeof import("../../src/api/check_place.ts"),
  typeof import("../../src/api/browser_check_place.ts")
>;
export type ResolvePermission = Fits<
  typeof import("../../src/api/resolve_permission.ts"),
  typeof import("../../src/api/browser_resolve_permission.ts")
>;
export type ResolveProcess = Fits<
  typeof import("../../src/api/resolve_process_options.ts"),
  typeof import("../../src/api/browser_resolve_process_options.ts")
>;
export type StartOfWorkers = Fits<
  typeof import("../../src/api/start_of_workers.ts"),
  typeof import("../../src/api/browser_start_of_workers.ts")
>;
export type Crossing = Fits<
  typeof import("../../src/memory/crossing.ts"),
  typeof import("../../src/memory/browser_crossing.ts")
>;
export type SharedBuffer = Fits<
  Pick<typeof import("../../src/memory/process_shared_buffer.ts").ProcessSharedBuffer, "is">,
  typeof import("../../src/memory/browser_process_shared_buffer.ts").ProcessSharedBuffer
>;
/** All but the class, of which there are no instances. */
export type References = Fits<
  Omit<typeof import("../../src/memory/buffer_reference.ts"), "BufferReference">,
  Omit<typeof import("../../src/memory/browser_buffer_reference.ts"), "BufferReference">
>;
export type ReferenceKind = Fits<
  typeof import("../../src/codec/kinds/buffer_reference.ts"),
  typeof import("../../src/codec/kinds/browser_buffer_reference.ts")
>;
export type Tracing = Fits<
  typeof import("../../src/pool/trace.ts"),
  typeof import("../../src/pool/browser_trace.ts")
>;
export type WorkerEntry = Fits<
  typeof import("../../src/pool/worker_entry.ts"),
  typeof import("../../src/pool/browser_worker_entry.ts")
>;
/** All but the class: browsers write and read in other ways. */
export type Buffers = Fits<
  Omit<typeof import("../../src/runtime/raw_memory.ts"), "RawMemory">,
  Omit<typeof import("../../src/runtime/browser_raw_memory.ts"), "RawMemory">
>;
export type Memory = Fits<
  import("../../src/runtime/raw_memory.ts").RawMemory,
  import("../../src/runtime/browser_raw_memory.ts").RawMemory
>;
export type Environment = Fits<
  typeof import("../../src/runtime/environment.ts"),
  typeof import("../../src/runtime/browser_environment.ts")
>;
/** A browser has a name of its own, and no native code. */
export type Current = Fits<
  Omit<typeof import("../../src/runtime/current.ts"), "runtime" | "rawMemory">,
  Omit<typeof import("../../src/runtime/browser_current.ts"), "runtime" | "rawMemory">
>;
export type Threads = Fits<
  typeof import("../../src/runtime/threads.ts"),
  typeof import("../../src/runtime/browser_threads.ts")
>;
export type Connect = Fits<
  typeof import("../../src/worker/connect.ts"),
  typeof import("../../src/worker/browser_connect.ts")
>;
export type Guards = Fits<
  typeof import("../../src/worker/guards.ts"),
  typeof import("../../src/worker/browser_guards.ts")
>;
export type MainLoop = Fits<
  typeof import("../../src/worker/main_loop.ts"),
  typeof import("../../src/worker/browser_main_loop.ts")
>;
