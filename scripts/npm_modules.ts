// Turns the sources into the modules of the npm package, one file for each: JavaScript without comments
// and with short local names, declarations, and source maps that hold the sources.

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { minify } from "terser";
import { run } from "./native_tools.ts";
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

/** Loaded by other ways than an import with a path: workers, and the adapters. */
const LOADED_OTHERWISE = [
  "src/worker/entry.js",
  ...["adapter", "bun", "deno", "node"].map((name) => `src/runtime/${name}.js`),
];

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
  for (const path of filesOf(PACKAGE)) {
    if (path.endsWith(".js")) await finishModule(path);
    else if (path.endsWith(".d.ts")) finishDeclarations(path);
  }
  removeUnused(entries, bundles);
}

/** Declarations that no user can see, and JavaScript of modules that have nothing but types. */
function removeUnused(entries: readonly string[], bundles: readonly string[]): void {
  const declarations = [...entries, ...bundles].map((path) => path.replace(/\.js$/, ".d.ts"));
  const used = new Set([
    ...reachable(PACKAGE, declarations, "all"),
    ...reachable(PACKAGE, [...entries, ...LOADED_OTHERWISE], "all"),
  ]);
  for (const path of filesOf(PACKAGE)) {
    if (!used.has(path.replace(/\.map$/, ""))) rmSync(join(PACKAGE, path));
  }
}

/**
 * Names of functions and classes stay, because they are in stacks; and nothing moves into another
 * function, because a stack that came from a worker is cut by the number of its frames.
 */
async function finishModule(path: string): Promise<void> {
  const file = join(PACKAGE, path);
  const code = readFileSync(file, "utf8");
  const { code: short, map } = await minify({ [path]: chooseAdapter(path, code) }, {
    module: true,
    compress: false,
    mangle: { keep_classnames: true, keep_fnames: true },
    format: { comments: false },
    sourceMap: {
      content: readFileSync(`${file}.map`, "utf8"),
      url: `${basename(path)}.map`,
      includeSources: true,
      asObject: true,
    },
  });
  // Sources as they would lie beside what was made of them; they lie in the map itself.
  const sources = [basename(path).replace(/\.js$/, ".ts")];
  const { version, names, mappings, sourcesContent } = map as Exclude<
    typeof map,
    string | undefined
  >;
  writeFileSync(file, short!);
  writeFileSync(
    `${file}.map`,
    JSON.stringify({ version, sources, sourcesContent, names, mappings }),
  );
}

/** In the package, a condition chooses the adapter. */
function chooseAdapter(path: string, code: string): string {
  if (path !== ADAPTER_USER) return code;
  const found = code.match(ADAPTER_MODULE)?.length ?? 0;
  if (found !== 1) throw new Error(`${path} imports adapter.js ${found} times, expected once`);
  return code.replace(ADAPTER_MODULE, `"${ADAPTER}"`);
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
