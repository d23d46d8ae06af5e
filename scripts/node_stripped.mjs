// Loaded by `--import` into every Node of a test run, and into its workers: gives modules without their
// types, which `strip_types.mjs` has taken out beforehand, once. Node itself does so anew in each thread, and
// most of what its tests take would be that. What cannot be read there is loaded as ever. It is no TypeScript
// itself, because then there would be something to strip in each thread again.

import { readFileSync } from "node:fs";
import * as module from "node:module";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const folder = process.env.KNITTING_STRIPPED_TYPES;

if (folder !== undefined && module.registerHooks !== undefined) {
  module.registerHooks({
    load(url, context, next) {
      const source = stripped(url);
      if (source === undefined) return next(url, context);
      return { format: "module", source, shortCircuit: true };
    },
  });
}

function stripped(url) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return undefined;
  const path = fileURLToPath(url);
  if (!path.startsWith(ROOT)) return undefined;
  try {
    return readFileSync(`${folder}/${path.slice(ROOT.length)}`, "utf8");
  } catch {
    return undefined;
  }
}
