/**
 * `permission` in a browser, where nothing can be taken from workers.
 *
 * @module
 */

import { received } from "../errors.ts";
import type { PolicyRequest } from "../safety/policy.ts";

const UNSAFE: Pick<PolicyRequest, "mode"> = { mode: "unsafe" };

/** @throws {TypeError} for anything but `"unsafe"`: a restriction must not be ignored */
export function resolvePermission(permission: unknown): PolicyRequest {
  // Nobody asks for more of it in a browser.
  if (permission === undefined || permission === "unsafe") return UNSAFE as PolicyRequest;
  throw new TypeError(
    'permission must be "unsafe" in a browser, or left out: workers may do whatever the page may. ' +
      `Received ${received(permission)}`,
  );
}
