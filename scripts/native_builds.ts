// Builds the native library for the platforms there are compilers for, and looks at the result; the ways
// of scripts/check_native.ts that run nothing, or little.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compilerArguments, PLATFORMS, sourcesOf, WARNINGS } from "./build_native.ts";
import { parseHeader } from "./generate_bindings.ts";
import { findTool, MissingTool, run } from "./native_tools.ts";

const FFI = fileURLToPath(new URL("../ffi/", import.meta.url));
const TESTS = join(FFI, "test");

/** One way; its files go into `folder`. Returns what there is to say besides that it passed. */
export type Way = (folder: string) => string | void;

/** The tests themselves. */
export const testSources = readdirSync(TESTS).filter((name) => name.endsWith(".c"))
  .map((name) => join(TESTS, name));

/** The library without Node-API, which no plain program has. */
export function plainSources(system: string): string[] {
  const addon = ["node_addon.c", "node_api_windows.c"];
  return sourcesOf(system).filter((path) => !addon.includes(basename(path)));
}

/** What the tests are made of, if not run against the library. A C library has its own memcpy. */
export function hostedSources(system: string): string[] {
  const sources = plainSources(system).filter((path) => basename(path) !== "freestanding.c");
  return [...sources, ...testSources, ...PLATFORMS[system]!.libraries];
}

/** Functions that the library must export. */
function exportedNames(): string[] {
  const header = readFileSync(join(FFI, "knitting.h"), "utf8");
  const own = parseHeader(header).declarations.map(({ name }) => name);
  return [...own, "napi_register_module_v1", "node_api_module_get_api_version_v1"];
}

/** @param prefix of C names on that platform */
function checkExports(listing: string, prefix = ""): void {
  const listed = new Set(listing.split(/\s+/));
  const missing = exportedNames().filter((name) => !listed.has(prefix + name));
  if (missing.length > 0) throw new Error(`does not export ${missing.join(", ")}\n${listing}`);
}

/** The last line of what the tests print. */
export function summaryOf(output: string): string {
  const line = output.trimEnd().split("\n").findLast((line) => /^\d+ passed/.test(line));
  if (line === undefined) throw new Error(`the tests say nothing\n${output}`);
  return line;
}

/** The whole library, with all warnings. On Linux it must need nothing, and export what it should. */
export function buildLibrary(compiler: string, system: string): Way {
  return (folder) => {
    const output = join(folder, "knitting.node");
    run(findTool(compiler), compilerArguments(system, output));
    if (system !== "linux") return;
    const readelf = findTool("readelf", "llvm-readelf");
    const needed = run(readelf, ["-d", output]).split("\n").filter((line) => /NEEDED/.test(line));
    if (needed.length > 0) throw new Error(`needs libraries\n${needed.join("\n")}`);
    const symbols = run(readelf, ["--dyn-syms", "-W", output]).split("\n");
    checkExports(symbols.filter((line) => /GLOBAL +DEFAULT +\d/.test(line)).join("\n"));
  };
}

/** The library and its tests, which run if there is wine. */
export function buildForWindows(folder: string): string | void {
  const compiler = findTool("x86_64-w64-mingw32-gcc");
  const library = join(folder, "knitting.node");
  run(compiler, compilerArguments("win32", library));
  checkExports(run(findTool("x86_64-w64-mingw32-objdump", "objdump"), ["-p", library]));
  const program = join(folder, "tests.exe");
  run(compiler, [...WARNINGS, "-static", "-o", program, ...hostedSources("win32")]);
  try {
    return summaryOf(run(findTool("wine64", "wine"), [program]));
  } catch (error) {
    if (error instanceof MissingTool) return "built, not run";
    throw error;
  }
}

/** Without the SDK of macOS: ffi/darwin.h has what is used of it, and a list of names stands for its library. */
export function buildForMac(architecture: string): Way {
  return (folder) => {
    const [compiler, linker] = [findTool("clang"), findTool("ld64.lld")];
    const target = ["-target", `${architecture}-apple-macos11`, "-nostdlibinc"];
    const objects = sourcesOf("darwin").map((source) => {
      const object = join(folder, `${basename(source)}.o`);
      const flags = [...WARNINGS, "-O2", "-fvisibility=hidden"];
      run(compiler, [...target, ...flags, "-c", "-o", object, source]);
      return object;
    });
    const library = join(folder, "knitting.node");
    const version = ["-arch", architecture, "-platform_version", "macos", "11.0", "11.0"];
    const link = ["-dylib", "-undefined", "dynamic_lookup", `-L${TESTS}`, "-lSystem"];
    link.push("-install_name", basename(library)); // otherwise the path of this folder
    run(linker, [...version, ...link, "-o", library, ...objects]);
    checkMacSymbols(run(findTool("llvm-nm"), ["-m", library]).split("\n"));
    return "built, not run";
  };
}

/** Only Node-API is looked up in whatever program loads the library. */
function checkMacSymbols(lines: readonly string[]): void {
  const strange = lines.filter((line) =>
    line.includes("(dynamically looked up)") && !/ _(napi|node_api)_/.test(line)
  );
  if (strange.length > 0) throw new Error(`macOS has not\n${strange.join("\n")}`);
  checkExports(lines.filter((line) => /\) external /.test(line)).join("\n"), "_");
}
