// Puts the modules of the npm package together into few files: to find, read and link a file costs a worker
// more than what is in most of them. Every module is in one file only, so a class that user code imports is
// the one that the worker's loop knows. Modules that are reached by their path keep it: those that package.json
// names, what workers run, and what is loaded only when something needs it.

import { readFileSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { type OutputChunk, rollup } from "rollup";
import { ADAPTER, COMMAND, LAZY } from "./npm_package.ts";
import { shorten, withCommonPrivates } from "./shorten.ts";

/** The adapters, and the module that chooses one where no condition does. */
export const ADAPTERS: readonly string[] = ["adapter", "bun", "deno", "node"]
  .map((name) => `src/runtime/${name}.js`);
/** What workers run. */
export const WORKER_ENTRY = "src/worker/entry.js";

/** What makes pools; {@linkcode LAZY} asks for it by its path. */
const HOST = "src/api/create_pool.js";

/** What the command has workers do, and the thread that it compares with. */
const COMMAND_WORKERS: readonly string[] = ["src/cli/tasks.js", "src/runtime/message_echo.js"];
/** What the command loads at once; the rest of it is loaded when it is asked for. */
const COMMAND_START = "src/cli/command.js";
/** What the command asks of what hosts load, besides the entry points. */
const COMMAND_NEEDS: readonly string[] = ["process_command", "program_path"]
  .map((name) => `src/runtime/${name}.js`);

/** Loaded by workers that are processes. */
const PROCESS_HOST = "src/worker/process_host.js";

/** Tells by its path whether it is in a bundle. */
const LIBRARY_FILES = "src/runtime/library_files.js";
/** Has an effect in bundles; a bundler may be told to drop it. */
const MAIN_LOOP = "src/worker/main_loop.js";
/** All that `knitting/utils` needs of the rest, which is nothing of a runtime. */
const ERRORS = "src/errors.js";
/** What both hosts and workers load, some of which only some workers need: one more file would cost more. */
const SHARED = "src/shared.js";
const METERED_RUNNER = "src/worker/metered_runner.js";
/** What workers load besides, also those that do not begin with the entry. */
const BOOT = "src/worker/boot.js";

/** A file of the package. */
export interface Chunk {
  /** Relative to the package, with forward slashes. */
  readonly path: string;
  readonly code: string;
  /** None for what the command has workers do: Bun and Deno agree on places in a file only without one. */
  readonly map: string | undefined;
}

/**
 * Bundles what tsc has made.
 *
 * @param folder where it lies, with source maps
 * @param entries the modules that package.json names
 * @param reachable the modules that are loaded together with others
 */
export async function bundle(
  folder: string,
  entries: readonly string[],
  reachable: (entries: readonly string[]) => readonly string[],
): Promise<Chunk[]> {
  const named = [...entries, LAZY, HOST, COMMAND, ...COMMAND_WORKERS, WORKER_ENTRY, ...ADAPTERS];
  const pathOf = (id: string) => relative(folder, id).split(sep).join("/");
  const chunkOf = chooseChunk(named, reachable);
  const modules = await rollup({
    input: Object.fromEntries(named.map((path) => [path, join(folder, path)])),
    external: [/^node:/, ADAPTER],
    treeshake: false,
    plugins: [{ name: "compiled", load: compiled }],
    onLog(_, { code, message }) {
      // tsc's helpers ask for `this`, to see whether they are there already.
      if (code !== "THIS_IS_UNDEFINED") throw new Error(message);
    },
  });
  const { output } = await modules.generate({
    dir: folder,
    format: "es",
    sourcemap: "hidden",
    manualChunks: (id) => chunkOf(pathOf(id)),
    onlyExplicitManualChunks: true,
    hoistTransitiveImports: false,
    entryFileNames: "[name]",
    chunkFileNames: ({ name, facadeModuleId }) => facadeModuleId ? pathOf(facadeModuleId) : name,
  });
  const chunks = output.filter((file) => file.type === "chunk");
  const imported = chunks.flatMap(({ fileName, exports }) =>
    entries.includes(fileName) ? exports : []
  );
  return await Promise.all(chunks.map((chunk) => finish(chunk, imported)));
}

/** Into which file a module goes; `undefined` if into its own, or into that of the only one that imports it. */
function chooseChunk(
  named: readonly string[],
  reachable: (entries: readonly string[]) => readonly string[],
): (path: string) => string | undefined {
  const alone = new Set([...named, PROCESS_HOST]);
  const adapters = new Set(reachable(ADAPTERS));
  const worker = new Set(reachable([WORKER_ENTRY]));
  const host = new Set(reachable(["mod.js"]));
  const some = new Set(
    reachable([WORKER_ENTRY, PROCESS_HOST, METERED_RUNNER, LAZY, ...COMMAND_NEEDS]),
  );
  const command = new Set(reachable([COMMAND]));
  return (path) => {
    if (alone.has(path)) return undefined;
    if (path === MAIN_LOOP || path === ERRORS) return path;
    // Adapters are evaluated before everything that asks for the adapter.
    if (adapters.has(path) || path === LIBRARY_FILES) return LIBRARY_FILES;
    if (some.has(path) && host.has(path)) return SHARED;
    if (worker.has(path)) return BOOT;
    return command.has(path) ? COMMAND_START : undefined;
  };
}

async function finish(
  { fileName: path, code, map }: OutputChunk,
  imported: readonly string[],
): Promise<Chunk> {
  if (COMMAND_WORKERS.includes(path)) return { path, code, map: undefined };
  // Tells Bun that there is nothing to transpile, which takes it as long as to load the module. In one there is:
  // modules with this mark have no `require`.
  const banner = path === LAZY ? undefined : "// @bun";
  const short = await shorten(path, { code, map: JSON.stringify(map) }, imported, banner);
  return { path, ...short };
}

/** In the maps, sources lie beside what was made of them. */
function compiled(file: string): { code: string; map: string } {
  const map = JSON.parse(readFileSync(`${file}.map`, "utf8"));
  const sources = [basename(file).replace(/\.js$/, ".ts")];
  const code = withCommonPrivates(readFileSync(file, "utf8"));
  return { code, map: JSON.stringify({ ...map, sources }) };
}
