// The tasks of sandboxed_plugin.ts. They only name the plugins: the host never loads their code.

import { importTask } from "../mod.ts";
import type { Targets } from "./plugins/spy.ts";

export const countWords = importTask<string, Record<string, number>>({
  href: "./plugins/count_words.ts",
  name: "countWords",
});

export const spy = importTask<Targets, Record<string, boolean>>({
  href: "./plugins/spy.ts",
  name: "spy",
});
