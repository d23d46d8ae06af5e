// Turns the sources into the modules of the npm package: JavaScript in few files, without comments and with
// short local names, declarations, and source maps that hold the sources.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./native_tools.ts";
import { bundle } from "./npm_chunks.ts";
import { ADAPTER } from "./npm_package.ts";
import { findRuntime } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Where tsc writes to; scripts/tsconfig.npm.json says so, too. */
export const PACKAGE = join(ROOT, "npm");

const ADAPTER_USER = "src/runtime/current.js";
const ADAPTER_MODULE = /(["'])\.\/adapter\.js\1/g;

/** The files below a folder, with forward slashes. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((path) => path.split(sep).join("/"))
    .sort();
}

/**
 * Compiles everything the configuration names, and finishes what tsc leaves open.
 *
 * @param bundles entry points of which only the declarations are wanted
 */
export async function buildModules(
  entries: readonly string[],
  bundles: readonly string[],
): Promise<void> {
  const tsc = join(ROOT, "node_modules/typescript/lib/tsc.js");
  const config = join(ROOT, "scripts/tsconfig.npm.json");
  run(findRuntime("deno").path, ["run", "-A", tsc, "-p", config, "--pretty", "false"]);
  chooseAdapter();
  const chunks = await bundle(PACKAGE, entries, (paths) => reachable(PACKAGE, paths, "static"));
  for (const path of filesOf(PACKAGE)) {
    if (path.endsWith(".d.ts")) finishDeclarations(path);
    else rmSync(join(PACKAGE, path));
  }
  removeUnused([...entries, ...bundles].map((path) => path.replace(/\.js$/, ".d.ts")));
  for (const { path, code, map } of chunks) {
    const file = join(PACKAGE, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
    if (map !== undefined) writeFileSync(`${file}.map`, map);
  }
}

/** Removes declarations that no user can see. */
function removeUnused(entries: readonly string[]): void {
  const used = reachable(PACKAGE, entries, "all");
  for (const path of filesOf(PACKAGE)) {
    if (!used.includes(path)) rmSync(join(PACKAGE, path));
  }
}

/** In the package, a condition chooses the adapter. */
function chooseAdapter(): void {
  const file = join(PACKAGE, ADAPTER_USER);
  const code = readFileSync(file, "utf8");
  const found = code.match(ADAPTER_MODULE)?.length ?? 0;
  if (found !== 1) {
    throw new Error(`${ADAPTER_USER} imports adapter.js ${found} times, expected once`);
  }
  writeFileSync(file, code.replace(ADAPTER_MODULE, `"${ADAPTER}"`));
}

/** tsc rewrites the specifiers of JavaScript only. Comments stay as they are. */
function finishDeclarations(path: string): void {
  const file = join(PACKAGE, path);
  const text = readFileSync(file, "utf8").replace(
    /\/\*[\s\S]*?\*\/|(["'])(\.\.?\/[^"'\n]*)\.ts\1/g,
    (all, quote, path) => path === undefined ? all : `${quote}${path}.js${quote}`,
  );
  // Users need not have these names among their libraries.
  const disposes = /\bSymbol\.(?:asyncDispose|dispose)\b/.test(text);
  writeFileSync(file, disposes ? `/// <reference lib="esnext.disposable" />\n${text}` : text);
}

/** The relative specifiers of a module, or only those that are loaded together with it. */
export function specifiersOf(text: string, which: "all" | "static"): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
  const pattern = which === "all"
    ? /\b(?:from|import)\s*\(?\s*(["'])(\.[^"'\n]*|#\w+)\1/g
    : /\b(?:from|import)\s*(["'])(\.[^"'\n]*|#\w+)\1/g;
  return [...code.matchAll(pattern)].map(([, , specifier]) => specifier!);
}

/** The modules that are loaded with the entries, as paths in the package, as Node finds them. */
export function reachable(
  folder: string,
  entries: readonly string[],
  which: "all" | "static",
): string[] {
  const found = new Set(entries);
  for (const path of found) {
    for (const specifier of specifiersOf(readFileSync(join(folder, path), "utf8"), which)) {
      const target = specifier === ADAPTER
        ? "src/runtime/node.js"
        : posix.join(posix.dirname(path), specifier);
      found.add(path.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target);
    }
  }
  return [...found].sort();
}
