/**
 * `permission` in a browser, where nothing can be taken from workers.
 *
 * @module
 */

import { received } from "../errors.ts";
import type { PolicyRequest } from "../safety/policy.ts";
import { resolvePermission as resolveAny } from "./resolve_permission.ts";

/** @throws {TypeError} for anything but `"unsafe"`: a restriction must not be ignored */
export function resolvePermission(permission: unknown): PolicyRequest {
  if (permission === undefined || permission === "unsafe") return resolveAny("unsafe");
  throw new TypeError(
    'permission must be "unsafe" in a browser, or left out: workers may do whatever the page may. ' +
      `Received ${received(permission)}`,
  );
}
