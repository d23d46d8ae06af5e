// The checks of a page: what it can say of pools, by name. A check closes the pools that it makes.

import { isMain } from "knitting/browser";
import { faultChecks } from "./fault_checks.ts";
import { lifeChecks } from "./life_checks.ts";
import { optionChecks } from "./option_checks.ts";
import { payloadChecks } from "./payload_checks.ts";

// Workers find the tasks in this module, if it is a bundle.
export * from "./tasks.ts";

export type Checks = Readonly<Record<string, () => Promise<void>>>;

if (isMain) {
  const checks: Checks = { ...payloadChecks, ...faultChecks, ...lifeChecks, ...optionChecks };
  Object.assign(globalThis, { checks });
}
