/**
 * What the web workers of a pool are started with.
 *
 * @module
 */

import { threadWorkers } from "../pool/thread_worker.ts";
import type { EnforcedPermission, PoolPermissions } from "../safety/report.ts";
import type { ResolvedOptions } from "./resolve_options.ts";
import type { StartOfWorkers } from "./start_of_workers.ts";

/** Workers may do whatever the page may: browsers know no more than that. */
const everything: EnforcedPermission = Object.freeze({
  policy: Object.freeze({ allow: true, deny: Object.freeze([]) }),
  enforcedBy: "none",
});

const permissions: PoolPermissions = Object.freeze({
  mode: "unsafe",
  read: everything,
  write: everything,
  net: everything,
  allowImport: everything,
  env: everything,
  run: everything,
  workers: everything,
  ffi: everything,
  sys: everything,
  wasi: everything,
  console: everything,
  gaps: Object.freeze([]),
});

/** @throws {TypeError} for options that mean nothing in a browser */
export function startOfWorkers({ execArgv, lendsReferences }: ResolvedOptions): StartOfWorkers {
  if (execArgv !== undefined) {
    throw new TypeError("workerExecArgv cannot be given in a browser: workers have no flags");
  }
  if (lendsReferences) {
    throw new TypeError(
      'unsafe.BufferReferenceReturn cannot be "borrow" in a browser: there is no BufferReference',
    );
  }
  const options = { execArgv: undefined, resourceLimits: undefined, environment: undefined };
  return {
    kind: (settings) => threadWorkers(settings, options),
    console: true,
    restrictions: { nodeAddons: undefined, hideReport: false, dropLibraries: [] },
    permissions,
  };
}
