/**
 * The native library: where it is, how it is loaded, and what to do when it cannot be. It is loaded
 * when something needs it for the first time, once in each thread.
 *
 * Plain functions are called through the runtime's foreign function interface, or Node-API where there
 * is none. What is about objects and event loops goes through Node-API on all runtimes: buffers that
 * give their memory back when nothing uses them any more, and sleeping without blocking.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { runtime } from "../runtime/current.ts";
import { environment } from "../runtime/environment.ts";
import { isBundled, libraryFile } from "../runtime/library_files.ts";
import { absolutePath, loadAddon, pathOfUrl, platform } from "../runtime/native_module.ts";
import { INTERFACE, type NativeFunctions, symbols } from "./symbols.ts";

/** What the Node-API module has besides the plain functions. */
interface NativeObjects {
  /** An `ArrayBuffer` over the memory of a hold; it gives the hold up when it is collected. */
  wrap(hold: number): ArrayBuffer;
  /** The same as a `SharedArrayBuffer`; `undefined` where the runtime cannot make one. */
  wrapShared(hold: number): SharedArrayBuffer | undefined;
  /** A thread that sleeps for the event loop; see native/waiter.ts. */
  openWaiter(address: number, onWake: () => void): number;
  wait(waiter: number, expected: number, timeoutNs: number): void;
  closeWaiter(waiter: number): void;
  /** The life line of a worker, which ends with this thread at the latest; see native/life_line.ts. */
  openLine(handle: number, name: string): number;
  closeLine(line: number): void;
}

/** The library as it is used. */
interface NativeLibrary extends NativeObjects {
  readonly call: NativeFunctions;
}

let loaded: NativeLibrary | undefined;

/**
 * The library, loaded if it is not yet.
 *
 * @throws {KnittingError} `KNT_ERROR_NATIVE` if that is not possible
 */
export function nativeLibrary(): NativeLibrary {
  return loaded ??= load(libraryPath());
}

/** Where the library is; `undefined` if it cannot be a file, because this code is none. */
export function nativeLibraryPath(): string | undefined {
  const named = environment("KNITTING_NATIVE_LIBRARY");
  if (named !== undefined && named !== "") return absolutePath(named);
  return pathOfUrl(libraryFile(`prebuilds/${platform}/knitting.node`));
}

function libraryPath(): string {
  const path = nativeLibraryPath();
  if (path !== undefined) return path;
  const { protocol, host } = libraryFile(""); // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
  throw nativeError( // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
    `knitting was loaded from ${protocol}//${host}, and a native library must be a file. ` +
      "Set KNITTING_NATIVE_LIBRARY to the path of one",
  );
}

function load(path: string): NativeLibrary {
  let addon: ReturnType<typeof loadAddon>;
  let call: NativeFunctions;
  try {
    addon = loadAddon(path);
    call = runtime.bindFunctions(path, symbols) as unknown as NativeFunctions;
  } catch (error) {
    throw nativeError(adviceFor(error as Error, path), error);
  }
  const version = call.knit_interface();
  if (version !== INTERFACE) { // not covered: only with the library of another version, which tests/native/missing_library_test.ts builds elsewhere
    throw nativeError(
      `${path} has interface ${version} and this version of knitting needs ${INTERFACE}. ` +
        "Build it again: deno task build:native",
    );
  }
  return { ...addon as unknown as NativeObjects, call };
}

function adviceFor({ name, message, ...error }: Error, path: string): string {
  const { code } = error as { code?: string };
  if (name === "NotCapable" || name === "PermissionDenied") {
    return `Deno does not allow it (${message}). Run the program with --allow-ffi and --allow-read`;
  }
  if (code === "ERR_DLOPEN_DISABLED") { // under --permission, where coverage sees nothing
    return "Node does not allow it. Run the program with --allow-addons"; // not covered: only under Node's permission model, which turns coverage off
  }
  const [reason] = message.split("\n"); // Node adds who wanted to load it
  const advice = isBundled // not covered: only in a bundle, which tests/package/ runs
    ? "Put the folder prebuilds of the npm package beside the bundle or the executable, or set KNITTING_NATIVE_LIBRARY " +
      "to the path of the library"
    : "To build it: deno task build:native";
  return `${path} cannot be loaded (${reason}). ${advice}`;
}

function nativeError(reason: string, cause?: unknown): KnittingError {
  return new KnittingError(
    "KNT_ERROR_NATIVE",
    `The native library for ${platform} is not available: ${reason}. ` +
      "Pools of threads do not need it.",
    { cause },
  );
}
