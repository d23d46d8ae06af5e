/**
 * knitting, with default options.
 *
 * @module
 */

import { createPool } from "../../mod.ts";
import type { Call, Maker, Subject } from "./subject.ts";
import * as tasks from "./tasks.ts";

export const knitting: Maker = {
  name: "knitting",
  open({ threads }): Subject {
    const pool = createPool({ threads })(tasks);
    return {
      call: (name) => pool.call[name] as Call,
      close: () => pool.shutdown(),
    };
  },
};
