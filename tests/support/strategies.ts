/**
 * The strategies of `balancer`, without the old name of one.
 *
 * @module
 */

import type { BalancerStrategy } from "../../mod.ts";
import { strategies as byName } from "../../src/api/resolve_options.ts";

type Strategy = Exclude<BalancerStrategy, "robinRound">;

/** To the scheduler they have the same names. */
export const strategies: readonly Strategy[] = (Object.keys(byName) as BalancerStrategy[])
  .filter((name) => name !== "robinRound");
