// A module of tasks that only a page can load.

import { isMain, task } from "knitting/browser";

export const unreachable = task({ f: () => 1 });

if (!isMain) throw new URIError("workers cannot load this");
