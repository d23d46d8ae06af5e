// Tries the native library in all the ways that this machine can (deno task native):
//
//   deno run -A scripts/check_native.ts [--only <part of a name>]
//
// It is built for every platform there is a compiler for, and its tests (ffi/test) run with several
// compilers, under sanitizers and valgrind, and under emulation. What needs a tool that is not installed
// is skipped. The exit code is 1 if anything failed.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { compilerArguments, sourcesOf, WARNINGS } from "./build_native.ts";
import { parseHeader } from "./generate_bindings.ts";
import { findTool, MissingTool, run } from "./native_tools.ts";
import { findRuntime } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TESTS = join(ROOT, "ffi/test");
const HOST = process.platform;

/** One way; its files go into `folder`. Returns what there is to say besides that it passed. */
type Way = (folder: string) => string | void;

const testSources = readdirSync(TESTS).filter((name) => name.endsWith(".c"))
  .map((name) => join(TESTS, name));

/** The library without Node-API, which no plain program has. */
function plainSources(system: string): string[] {
  const addon = ["node_addon.c", "node_api_windows.c"];
  return sourcesOf(system).filter((path) => !addon.includes(basename(path)));
}

/** What the tests are compiled from, if not against the library: a C library has memcpy already. */
function hostedSources(system: string): string[] {
  const sources = plainSources(system).filter((path) => basename(path) !== "freestanding.c");
  return [...sources, ...testSources];
}

/** Functions that the library must export. */
function exportedNames(): string[] {
  const header = readFileSync(join(ROOT, "ffi/knitting.h"), "utf8");
  const own = parseHeader(header).declarations.map(({ name }) => name);
  return [...own, "napi_register_module_v1", "node_api_module_get_api_version_v1"];
}

/** @param prefix of C names on that platform */
function checkExports(listing: string, prefix = ""): void {
  const listed = new Set(listing.split(/\s+/));
  const missing = exportedNames().filter((name) => !listed.has(prefix + name));
  if (missing.length > 0) throw new Error(`does not export ${missing.join(", ")}\n${listing}`);
}

function summaryOf(output: string): string {
  const line = output.trimEnd().split("\n").findLast((line) => /^\d+ passed/.test(line));
  if (line === undefined) throw new Error(`the tests say nothing\n${output}`);
  return line;
}

/** The whole library, with all warnings. On Linux it must need nothing, and export what it should. */
function buildLibrary(compiler: string, system: string): Way {
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

/** The tests, compiled together with the library and run. */
function runTests(compiler: string, flags: readonly string[], runner: Runner = alone): Way {
  return (folder) => {
    const program = join(folder, "tests");
    const sources = hostedSources(HOST);
    run(findTool(compiler), [...WARNINGS, "-g", ...flags, "-o", program, ...sources, "-pthread"]);
    return summaryOf(runner(program));
  };
}

type Runner = (program: string) => string;
const alone: Runner = (program) => run(program, []);

const emulated: Runner = (program) =>
  run(findTool("qemu-aarch64-static", "qemu-aarch64"), [program]);

/** What is possibly lost is no error: the stacks that the C library keeps for threads to come look like it. */
const underValgrind: Runner = (program) =>
  run(findTool("valgrind"), [
    "--quiet",
    "--error-exitcode=9",
    "--leak-check=full",
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
    program,
  ]);

const sanitized: Runner = (program) =>
  run(program, [], {
    ASAN_OPTIONS: "detect_stack_use_after_return=1",
    UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
    TSAN_OPTIONS: "halt_on_error=1",
  });

/** The tests against the library as it is used, built without a C library. */
function runAgainstLibrary(compiler: string): Way {
  return (folder) => {
    const library = join(folder, "libknitting.so");
    const program = join(folder, "tests");
    run(findTool(compiler), compilerArguments(HOST, library, plainSources(HOST)));
    const link = ["-pthread", library, `-Wl,-rpath,${folder}`];
    run(findTool(compiler), [...WARNINGS, "-g", "-o", program, ...testSources, ...link]);
    return summaryOf(run(program, []));
  };
}

function buildForWindows(folder: string): string | void {
  const compiler = findTool("x86_64-w64-mingw32-gcc");
  const library = join(folder, "knitting.node");
  run(compiler, compilerArguments("win32", library));
  checkExports(run(findTool("x86_64-w64-mingw32-objdump", "objdump"), ["-p", library]));
  const program = join(folder, "tests.exe");
  const libraries = compilerArguments("win32", "", []).filter((flag) => flag.startsWith("-l"));
  run(compiler, [...WARNINGS, "-static", "-o", program, ...hostedSources("win32"), ...libraries]);
  try {
    return summaryOf(run(findTool("wine64", "wine"), [program]));
  } catch (error) {
    if (error instanceof MissingTool) return "built, not run";
    throw error;
  }
}

/** Without the SDK of macOS: ffi/darwin.h has what is used of it, and a list of names stands for its library. */
function buildForMac(architecture: string): Way {
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

function checkBindings(): void {
  run(findRuntime("deno").path, [
    "run",
    "-A",
    join(ROOT, "scripts/generate_bindings.ts"),
    "--check",
  ]);
}

const SANITIZERS = {
  "address and undefined behaviour": [
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
  ],
  thread: ["-O1", "-fsanitize=thread"],
};

function allWays(): [name: string, way: Way][] {
  const ways: [string, Way][] = [["bindings are those of the header", checkBindings]];
  for (const compiler of ["gcc", "clang"]) {
    ways.push([`${compiler}: library`, buildLibrary(compiler, HOST)]);
    ways.push([`${compiler}: tests`, runTests(compiler, ["-O2"])]);
    for (const [name, flags] of Object.entries(SANITIZERS)) {
      ways.push([`${compiler}: tests, ${name} sanitizer`, runTests(compiler, flags, sanitized)]);
    }
  }
  if (HOST === "linux") {
    ways.push(
      ["gcc: tests under valgrind", runTests("gcc", ["-O1"], underValgrind)],
      ["gcc: tests against the library", runAgainstLibrary("gcc")],
      ["clang: tests against the library", runAgainstLibrary("clang")],
      ["musl: tests", runTests("musl-gcc", ["-O2"])],
      ["linux-arm64: library", buildLibrary("aarch64-linux-gnu-gcc", "linux")],
      [
        "linux-arm64: tests, emulated",
        runTests("aarch64-linux-gnu-gcc", ["-O2", "-static"], emulated),
      ],
    );
  }
  ways.push(
    ["win32-x64: library and tests", buildForWindows],
    ["darwin-x64: library", buildForMac("x86_64")],
    ["darwin-arm64: library", buildForMac("arm64")],
  );
  return ways;
}

type Outcome = "passed" | "skipped" | "failed";

function tryOne(name: string, way: Way): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "knitting-native-"));
  try {
    const remark = way(folder);
    console.log(`${name}: passed${remark === undefined ? "" : ` (${remark})`}`);
    return "passed";
  } catch (error) {
    if (error instanceof MissingTool) {
      console.log(`${name}: skipped: ${error.message}`);
      return "skipped";
    }
    console.log(`${name}: FAILED\n${(error as Error).message}`);
    return "failed";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function main(only: string): number {
  const counts: Record<Outcome, number> = { passed: 0, skipped: 0, failed: 0 };
  for (const [name, way] of allWays()) {
    if (name.includes(only)) counts[tryOne(name, way)]++;
  }
  console.log(`${counts.passed} passed, ${counts.skipped} skipped, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  const index = process.argv.indexOf("--only");
  process.exitCode = main(index < 0 ? "" : process.argv[index + 1] ?? "");
}
