/**
 * The memory of a lane to another process: the host makes it, the worker finds it.
 *
 * @module
 */

import { HeldMemory } from "../native/held_memory.ts";
import { nativeLibrary } from "../native/library.ts";
import { followLifeLine, LifeLine, takeStandardInput } from "../native/life_line.ts";
import { type MappedAtomics, mappedAtomics } from "../native/mapped_atomics.ts";
import { checked } from "../native/system_error.ts";
import { knowLane } from "./known_memory.ts";

/** Memory that a host and one worker have mapped. */
interface LaneMemory {
  readonly buffer: ArrayBuffer;
  /** Handle of the memory object, in this process. */
  readonly handle: number;
  readonly atomic: MappedAtomics;
  /** Lets go of the worker, which ends at once, wherever it is. For the host alone. */
  letGo(): void;
  /** Ends all sleeps, and unmaps it. */
  close(): void;
}

/** Makes the memory: without a name, only a process that gets the handle can have it. */
export function createLaneMemory(size: number, name: string | undefined): LaneMemory {
  const { call } = nativeLibrary();
  const what = `create ${size} bytes of shared memory for a worker`;
  const handle = checked(
    name === undefined ? call.knit_memory_create(size) : call.knit_memory_create_named(name, size),
    what,
  );
  try {
    return withLifeLine(known(open(handle, size, what), name), name ?? "");
  } catch (error) { // not covered: only if memory that can be had cannot be mapped
    if (name !== undefined) unlinkLaneMemory(name);
    throw error;
  }
}

/** As long as it is there, it is no memory that a worker can pass off as a result. */
function known(memory: LaneMemory, name: string | undefined): LaneMemory {
  const forget = knowLane(name ?? nativeLibrary().call.knit_memory_identity(memory.handle));
  return {
    ...memory,
    close() {
      forget();
      memory.close();
    },
  };
}

function withLifeLine(memory: LaneMemory, name: string): LaneMemory {
  try {
    const line = new LifeLine(memory.handle, name);
    return { ...memory, letGo: () => line.letGo() };
  } catch (error) { // not covered: only if the process is out of handles
    memory.close();
    throw error;
  }
}

/**
 * Maps the memory that the host has made: by its name, or through standard input, which is empty
 * afterwards. This process ends when the host does, or when it lets go.
 *
 * @param hostProcess number of the host's process
 */
export function findLaneMemory( // not covered: only in worker processes, which end without writing coverage
  size: number,
  name: string | undefined,
  hostProcess: number,
): LaneMemory {
  const what = name === undefined
    ? "map the memory of the host, which must be standard input; a wrapper that replaces it needs " +
      `worker.processSharedMemory: "named"`
    : `map the memory of the host, "${name}"`;
  const handle = name === undefined
    ? takeStandardInput()
    : checked(nativeLibrary().call.knit_memory_open_named(name), what);
  const memory = open(handle, size, what);
  followLifeLine(handle, hostProcess, name ?? "");
  return memory;
}

/** Removes a name. Who has the memory keeps it. */
export function unlinkLaneMemory(name: string): void {
  nativeLibrary().call.knit_memory_unlink(name);
}

function open(handle: number, size: number, what: string): LaneMemory {
  const held = HeldMemory.open(handle, size, what, true);
  const atomic = mappedAtomics(held);
  return {
    buffer: held.buffer,
    handle,
    atomic,
    letGo: () => {},
    close() {
      atomic.close();
      held.close();
    },
  };
}

export { nativeLibraryPath } from "../native/library.ts";
