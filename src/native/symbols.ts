// Made from ffi/knitting.h by scripts/generate_bindings.ts; do not edit.

/**
 * The functions of the native library.
 *
 * @module
 */

import type { NativeSymbol } from "../runtime/native_module.ts";

/** What the library must say of itself. */
export const INTERFACE = 5;

/** An error of the operating system. */
interface NativeError {
  readonly name: string;
  readonly meaning: string;
}

/** What the error numbers mean. */
export const errors: Readonly<Record<number, NativeError>> = {
  1: { name: "EPERM", meaning: "not permitted" },
  2: { name: "ENOENT", meaning: "there is no such thing" },
  4: { name: "EINTR", meaning: "interrupted" },
  9: { name: "EBADF", meaning: "not an open handle" },
  11: { name: "EAGAIN", meaning: "the word has another value already" },
  12: { name: "ENOMEM", meaning: "out of memory, or of addresses" },
  13: { name: "EACCES", meaning: "access denied" },
  14: { name: "EFAULT", meaning: "not an address of this process" },
  17: { name: "EEXIST", meaning: "it exists already" },
  19: { name: "ENODEV", meaning: "not memory that can be mapped" },
  22: { name: "EINVAL", meaning: "an argument makes no sense" },
  23: { name: "ENFILE", meaning: "the system is out of handles" },
  24: { name: "EMFILE", meaning: "this process is out of handles" },
  27: { name: "EFBIG", meaning: "larger than the system allows" },
  28: { name: "ENOSPC", meaning: "no space left" },
  36: { name: "ENAMETOOLONG", meaning: "the name is too long" },
  38: { name: "ENOSYS", meaning: "this system cannot do it" },
  75: { name: "EOVERFLOW", meaning: "the memory is smaller than what was asked for" },
  110: { name: "ETIMEDOUT", meaning: "the time is up" },
};

/** How the functions are called. */
export const symbols: Readonly<Record<keyof NativeFunctions, NativeSymbol>> = {
  knit_interface: { parameters: [], result: "i32" },
  knit_name_length: { parameters: [], result: "i32" },
  knit_process_token: { parameters: [], result: "i64" },
  knit_address: { parameters: ["buffer"], result: "i64" },
  knit_memory_create: { parameters: ["u64"], result: "i32" },
  knit_memory_create_named: { parameters: ["text", "u64"], result: "i32" },
  knit_memory_open_named: { parameters: ["text"], result: "i32" },
  knit_memory_unlink: { parameters: ["text"], result: "i32" },
  knit_memory_size: { parameters: ["i32"], result: "i64" },
  knit_memory_identity: { parameters: ["i32"], result: "i64" },
  knit_handle_duplicate: { parameters: ["i32"], result: "i32" },
  knit_handle_reopen: { parameters: ["i32", "i32"], result: "i32" },
  knit_take_stdin: { parameters: [], result: "i32" },
  knit_handle_close: { parameters: ["i32"], result: "i32" },
  knit_hold_open: { parameters: ["i32", "u64"], result: "i64" },
  knit_hold_share: { parameters: ["u64"], result: "i64" },
  knit_hold_release: { parameters: ["u64"], result: "i32" },
  knit_hold_mapping: { parameters: ["u64"], result: "i64" },
  knit_hold_address: { parameters: ["u64"], result: "i64" },
  knit_hold_size: { parameters: ["u64"], result: "i64" },
  knit_hold_handle: { parameters: ["u64"], result: "i32" },
  knit_life_hold: { parameters: ["i32"], result: "i32" },
  knit_life_watch: { parameters: ["i32", "i32", "text"], result: "i32" },
  knit_wait: { parameters: ["u64", "i32", "i64"], result: "i32" },
  knit_wake: { parameters: ["u64", "i32"], result: "i32" },
};

/** The functions as JavaScript sees them. A negative result is the negative of an error number. */
export interface NativeFunctions {
  /** KNIT_INTERFACE of the library. */
  knit_interface(): number;

  /** How many bytes the name of a memory object may have here, at most. */
  knit_name_length(): number;

  /** A random number that all threads of this process see the same. */
  knit_process_token(): number;

  /** The address of a buffer's memory. */
  knit_address(buffer: ArrayBuffer | ArrayBufferView): number;

  /** New memory without a name. */
  knit_memory_create(size: number): number;

  /**
   * New memory that other processes of this user can open by its name. Fails if the name is in use. The
   * name is removed when this process ends, if it is not removed before. On Windows a name lives as long
   * as anybody has the memory open.
   */
  knit_memory_create_named(name: string, size: number): number;

  /** Memory that another process, or this one, has named. */
  knit_memory_open_named(name: string): number;

  /**
   * Removes a name; who has the memory open keeps it. On Windows there is nothing to remove, and the
   * result is 0 if the name is in use.
   */
  knit_memory_unlink(name: string): number;

  /** Size in bytes; on macOS, and of memory that others have made on Windows, that of its pages. */
  knit_memory_size(handle: number): number;

  /**
   * A number by which processes tell memory objects apart: numbers of handles are used again. 0 where the
   * system has none.
   */
  knit_memory_identity(handle: number): number;

  /** A second handle to the same memory. */
  knit_handle_duplicate(handle: number): number;

  /**
   * A handle to the memory that `handle` is in another process; macOS cannot do it. Only to memory that
   * nobody can ever make shorter, as that without a name: touching what is gone would end this process.
   * Whatever else the other process has open is KNIT_ENODEV, and no file of it is opened.
   */
  knit_handle_reopen(process: number, handle: number): number;

  /**
   * Takes standard input over: a handle to what it was, which no program that is started later gets. It is
   * empty from now on, and so is every other handle to the same; call it before there are any that matter.
   * Windows cannot do it.
   */
  knit_take_stdin(): number;

  /** Closes a handle; memory stays as long as it is mapped or has another handle. */
  knit_handle_close(handle: number): number;

  /**
   * Maps the first `size` bytes of a memory object for reading and writing, and takes its handle over; a
   * hold on the new mapping. What is no memory is KNIT_ENODEV where the system tells.
   */
  knit_hold_open(handle: number, size: number): number;

  /** Another hold on a mapping that is held already, by the number of the mapping. */
  knit_hold_share(mapping: number): number;

  /** Gives a hold up. */
  knit_hold_release(hold: number): number;

  /** The number of the mapping of a hold. */
  knit_hold_mapping(hold: number): number;

  /** Its address. */
  knit_hold_address(hold: number): number;

  /** Its size in bytes. */
  knit_hold_size(hold: number): number;

  /** Its handle, which goes on belonging to it. */
  knit_hold_handle(hold: number): number;

  /**
   * Holds the life line of memory that a worker will get: a handle. The line ends when it is closed, or
   * with this process. Once for each memory object; on Linux it takes a /proc. On macOS and Windows the
   * line ends with this process only.
   */
  knit_life_hold(handle: number): number;

  /**
   * From now on this process ends when the life line of the memory does: at once, in the middle of
   * anything, with the exit code 1. If `name` is not empty, that name of the memory is removed first.
   * `process` is the number of the process that holds the line; only macOS and Windows look at it.
   */
  knit_life_watch(handle: number, process: number, name: string): number;

  /**
   * Sleeps while the word at `address` is `expected`, until it is woken; `timeout_ns` at most, or without
   * limit if that is negative. Returns early now and then: look at the word again. Blocks its thread.
   */
  knit_wait(address: number, expected: number, timeoutNs: number): number;

  /** Wakes up to `count` that sleep on the word at `address`; how many, where the system tells. */
  knit_wake(address: number, count: number): number;
}
