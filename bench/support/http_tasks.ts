/**
 * The work of `http_work.ts` as knitting's tasks.
 *
 * @module
 */

import { task } from "../../task.ts";
import * as work from "./http_work.ts";

export const ssr = task({ f: work.ssr });
export const jwt = task({ f: work.jwt });
export const hash = task({ f: work.hash });
