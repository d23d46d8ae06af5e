/**
 * Keeps task code from loading native code into Node. The library needs add-ons itself, so Node's own
 * permission for them is given. A guardrail, and no boundary for hostile code.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";

/** Left on the function: a second guard, of another copy of the library, adds nothing. */
const GUARD = Symbol.for("knitting.addonGuard");

type LoadAddon = (module: unknown, path: unknown, ...more: unknown[]) => unknown;

/**
 * Replaces `process.dlopen` for good, through which Node loads every add-on, by one that refuses all but
 * these files and what is in these folders.
 *
 * @param owner the `process` object
 * @throws {KnittingError} `KNT_ERROR_PROCESS_GUARD_INSTALL` if it cannot be replaced
 */
export function guardAddons(owner: object, allowed: readonly string[]): void {
  const process = owner as { dlopen?: LoadAddon };
  const real = process.dlopen;
  if (typeof real !== "function" || GUARD in real) return;
  const isAllowed = (path: string): boolean =>
    allowed.some((one) =>
      path === one || /^[\\/]/.test(path.slice(one.length)) && path.startsWith(one)
    );
  const guard: LoadAddon = (module, path, ...more) => {
    // One text, which cannot turn into another one after it was looked at. Windows has a prefix.
    const file = String(path);
    if (!isAllowed(file.replace(/^\\\\\?\\/, "")) || /[\\/]\.\.?(?:[\\/]|$)/.test(file)) {
      throw new KnittingError(
        "KNT_ERROR_PERMISSION",
        `KNT_ERROR_PERMISSION: ${file} must not be loaded: permission.ffi does not allow it`,
      );
    }
    return real.call(owner, module, file, ...more);
  };
  Object.defineProperty(guard, GUARD, { value: true });
  try {
    Object.defineProperty(process, "dlopen", {
      value: guard,
      writable: false,
      configurable: false,
    });
  } catch (cause) {
    throw new KnittingError(
      "KNT_ERROR_PROCESS_GUARD_INSTALL",
      "KNT_ERROR_PROCESS_GUARD_INSTALL: process.dlopen cannot be redefined",
      { cause },
    );
  }
}

/** Takes Node's diagnostic report away: it has the environment of the host in it. */
export function hideReport(owner: object): void {
  Object.defineProperty(owner, "report", {
    value: undefined,
    writable: false,
    configurable: false,
  });
}
