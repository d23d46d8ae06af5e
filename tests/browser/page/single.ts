// A pool that is there as soon as the page loads this.

import { task } from "knitting/browser";

export const square = task({ f: (n: number) => n * n }).createPool({ threads: 1 });
