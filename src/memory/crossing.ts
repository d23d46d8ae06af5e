/**
 * How a `ProcessSharedBuffer` goes to another thread or process: as text that says which memory object
 * it is, and which part of it. The memory itself stays where it is.
 *
 * Threads of one process share the mapping, by its number; other processes open the memory object by its
 * name, or through the handle of the process that has it. A side that receives the same memory again
 * gets the mapping that it has already, as long as something refers to it.
 *
 * @module
 */

import { KnittingError, received } from "../errors.ts";
import { HeldMemory } from "../native/held_memory.ts";
import { nativeLibrary } from "../native/library.ts";
import { processId } from "../runtime/threads.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { identityOfName, isLane, knowName } from "./known_memory.ts";
import { type FileDescriptorMetadata, parseFileDescriptorMetadata } from "./metadata.ts";
import { closedError, mapByName, mapFromProcess, NativeMapping } from "./native_primitives.ts";
import { ProcessSharedBuffer } from "./process_shared_buffer.ts";

/** Where memory is mapped, as text can say it. */
interface Origin {
  /** Random number of the process. */
  readonly token: number;
  readonly processId: number;
  /** Number of the mapping there. */
  readonly mapping: number;
  /** What the memory object is; see `NativeMapping`. */
  readonly identity: number;
  /** A hold that the receiver gives up once it has its own; 0 if the sender keeps the memory until then. */
  readonly hold: number;
}

type Crossing = [
  descriptor: FileDescriptorMetadata,
  byteOffset: number,
  byteLength: number,
  /** `null`: nothing but the metadata is known. */
  origin: Origin | null,
];

/**
 * A region as text.
 *
 * @param hold from {@linkcode holdFor}, or 0
 * @throws {KnittingError} `KNT_ERROR_RELEASED` if it is closed
 */
export function writeCrossing(buffer: ProcessSharedBuffer, hold: number): string {
  const { descriptor, byteOffset, byteLength } = buffer;
  const { mapping } = descriptor;
  const crossing: Crossing = [
    descriptor.toMetadata(),
    byteOffset,
    byteLength,
    mapping instanceof NativeMapping ? originOf(descriptor, mapping, hold) : null,
  ];
  return JSON.stringify(crossing);
}

function originOf(descriptor: FileDescriptor, mapping: NativeMapping, hold: number): Origin {
  descriptor.getBuffer(); // throws if it is closed
  const token = nativeLibrary().call.knit_process_token();
  const { identity } = mapping;
  const origin = { token, processId, mapping: mapping.held.mapping, identity, hold };
  remember(keyOf(origin), descriptor);
  knowNameOf(mapping);
  return origin;
}

/** A hold for the receiver, if the sender may forget the memory before it is received; or 0. */
export function holdFor({ descriptor: { mapping } }: ProcessSharedBuffer): number {
  return mapping instanceof NativeMapping && !mapping.held.closed ? mapping.held.handOver() : 0;
}

/** A hold that was not sent after all. */
export function dropHold(hold: number): void {
  if (hold !== 0) HeldMemory.drop(hold);
}

/**
 * Another process that writes text. What it says is held against what is known of it from elsewhere:
 * code that means harm can write any name, any process and any handle, and this process could open more
 * than that one can.
 */
export interface Sender {
  /** Whether it may speak of any memory with this name, also of memory that this process does not know. */
  mayName(name: string): boolean;
  /** Whether it can have no memory in common with this process, but by a name that it may speak of. */
  readonly sandboxed: boolean;
  /** Whether the process with this number is the sender, or one that it has started. */
  owns(processId: number): boolean;
}

/**
 * The region that text speaks of.
 *
 * @param from who wrote it, if that is another process: nothing that it says of this one is believed
 * @throws {KnittingError} `KNT_ERROR_RELEASED` if nobody has the memory any more;
 *   `KNT_ERROR_SHARED_MEMORY` if the system does not let this process have it, or if it is not the
 *   sender's to speak of
 * @throws {TypeError | RangeError} if it is no text of {@linkcode writeCrossing}
 */
export function readCrossing(text: string, from?: Sender): ProcessSharedBuffer {
  const [metadata, byteOffset, byteLength, origin] = parseCrossing(text);
  const descriptor = from !== undefined
    ? receive(metadata, origin, from)
    : origin === null
    ? new FileDescriptor(metadata)
    : descriptorFrom(metadata, origin);
  return new ProcessSharedBuffer(descriptor, { byteOffset, byteLength });
}

function parseCrossing(text: string): Crossing {
  const crossing: unknown = JSON.parse(text);
  if (!Array.isArray(crossing)) throw new TypeError("shared memory is described by an array");
  const [descriptor, byteOffset, byteLength, origin] = crossing as [
    unknown,
    number,
    number,
    unknown,
  ];
  if (origin !== null && !isOrigin(origin)) {
    throw new TypeError("the origin of shared memory is described by numbers");
  }
  return [parseFileDescriptorMetadata(descriptor), byteOffset, byteLength, origin];
}

function isOrigin(value: unknown): value is Origin {
  if (typeof value !== "object" || value === null) return false;
  const { token, processId, mapping, identity, hold } = value as Partial<Origin>;
  return [token, processId, mapping, identity, hold].every(Number.isSafeInteger) &&
    processId! >= 0 && processId! <= 0x7fffffff && mapping! >= 0 && hold! >= 0;
}

/** A handle without a name means something only to the process that has it. */
function speaksOfThisProcess({ name }: FileDescriptorMetadata, origin: Origin | null): boolean {
  if (origin === null) return name === undefined;
  return origin.processId === processId || isHere(origin);
}

function isHere({ token }: Origin): boolean {
  return token === nativeLibrary().call.knit_process_token();
}

/** Text of this process, or of the host: in what it starts a worker with. */
function descriptorFrom(metadata: FileDescriptorMetadata, origin: Origin): FileDescriptor {
  const here = isHere(origin);
  const key = keyOf(origin);
  try {
    const earlier = recall(key);
    if (earlier !== undefined) return earlier;
    const mapping = here ? mapHere(metadata, origin) : mapFromElsewhere(metadata, origin);
    const descriptor = FileDescriptor.fromMapping(mapping);
    remember(key, descriptor);
    knowNameOf(mapping);
    return descriptor;
  } finally {
    // Never the hold of a buffer itself: text that is read twice must not take that away.
    if (here) dropHold(origin.hold);
  }
}

/** Text of another process. */
function receive(
  metadata: FileDescriptorMetadata,
  origin: Origin | null,
  from: Sender,
): FileDescriptor {
  const { name } = metadata;
  if (speaksOfThisProcess(metadata, origin)) {
    throw refused("another process speaks of what this one has mapped");
  }
  if (origin === null) return receiveNamed(name!, metadata, false, from);
  const key = `${numberOf(from)}:${keyOf(origin)}`;
  const earlier = recall(key);
  if (earlier !== undefined) return earlier;
  const descriptor = name === undefined
    ? receiveHandle(metadata, origin, from)
    : receiveNamed(name, metadata, true, from);
  remember(key, descriptor);
  return descriptor;
}

/** Memory without a name is that of the sender, or is refused. */
function receiveHandle(
  { fd, size }: FileDescriptorMetadata,
  { processId, identity }: Origin,
  from: Sender,
): FileDescriptor {
  if (from.sandboxed) {
    throw refused(
      "from a worker in a sandbox comes only memory with a name that permission lets it read and " +
        `write; received memory of process ${processId} without a name`,
    );
  }
  if (!from.owns(processId)) throw foreign(processId);
  const mapping = mapFromProcess(processId, fd, size, identity);
  if (isLane(mapping.identity)) {
    mapping.close();
    throw refused("expected memory that a task has made; received what a worker is called through");
  }
  // Once more: it may have ended in between, and its number have become that of another program.
  if (from.owns(processId)) return FileDescriptor.fromMapping(mapping);
  mapping.close(); // not covered: only if numbers of processes are used again within microseconds
  throw foreign(processId); // not covered: only if numbers of processes are used again within microseconds
}

function foreign(processId: number): KnittingError {
  return refused(
    "expected memory of the worker's own process; received memory of process " +
      `${processId}, which is none of the worker's as far as this program can tell`,
  );
}

/**
 * Memory with a name that the sender may speak of, or that this process has named before: it may well
 * have told the sender. Then it must be the same memory still.
 *
 * @param mapped whether the sender has mapped it; if not, neither does this side before it is used
 */
function receiveNamed(
  name: string,
  metadata: FileDescriptorMetadata,
  mapped: boolean,
  from: Sender,
): FileDescriptor {
  const plain = name.replace(/^\//, "");
  if (isLane(plain)) {
    throw refused(
      `expected the name of memory; received ${received(plain)}, by which a worker is called`,
    );
  }
  if (from.mayName(plain)) {
    if (!mapped) return new FileDescriptor(metadata);
    return FileDescriptor.fromMapping(mapByName(name, metadata.size));
  }
  const identity = from.sandboxed ? undefined : identityOfName(plain);
  if (identity === undefined) {
    throw refused(
      "expected a name that permission lets workers read and write in /dev/shm" +
        (from.sandboxed ? "" : ", or one that this program has made, opened or sent") +
        `; received ${received(plain)}`,
    );
  }
  const mapping = mapByName(name, metadata.size);
  if (mapping.identity === identity) return FileDescriptor.fromMapping(mapping);
  mapping.close();
  throw refused(`expected what this program has named ${received(plain)}; received other memory`);
}

function refused(reason: string): KnittingError {
  return new KnittingError("KNT_ERROR_SHARED_MEMORY", `Cannot map shared memory: ${reason}`);
}

function mapHere({ name }: FileDescriptorMetadata, { mapping }: Origin): NativeMapping {
  const held = HeldMemory.share(mapping);
  if (held !== undefined) return new NativeMapping(held, name);
  throw closedError(": its memory was given up before it was received");
}

function mapFromElsewhere(
  { name, fd, size }: FileDescriptorMetadata,
  { processId, identity }: Origin,
): NativeMapping {
  return name === undefined ? mapFromProcess(processId, fd, size, identity) : mapByName(name, size);
}

/** What this thread itself has named, a worker may speak of. */
function knowNameOf(mapping: NativeMapping): void {
  if (mapping.name !== undefined) knowName(mapping.name, mapping.identity);
}

/** What one sender says of its memory must not be taken for what another one has said. */
const senders = new WeakMap<Sender, number>();
let senderCount = 0;

function numberOf(sender: Sender): number {
  let number = senders.get(sender);
  if (number === undefined) senders.set(sender, number = ++senderCount);
  return number;
}

/** Memory objects that this thread has mapped, by where they come from. */
const known = new Map<string, WeakRef<FileDescriptor>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (known.get(key)?.deref() === undefined) known.delete(key);
});

function keyOf({ token, mapping }: Origin): string {
  return `${token}:${mapping}`;
}

function remember(key: string, descriptor: FileDescriptor): void {
  if (known.get(key)?.deref() === descriptor) return;
  known.set(key, new WeakRef(descriptor));
  forgotten.register(descriptor, key);
}

function recall(key: string): FileDescriptor | undefined {
  const descriptor = known.get(key)?.deref();
  const { mapping } = descriptor ?? {};
  const isOpen = mapping instanceof NativeMapping && !mapping.buffer.detached;
  return isOpen ? descriptor : undefined;
}
