// Tries the native library in all the ways that this machine can (deno task native):
//
//   deno run -A scripts/check_native.ts [--only <part of a name>]
//
// It is built for every platform there is a compiler for, and its tests (ffi/test) run with several
// compilers, under sanitizers and valgrind, and under emulation. What needs a tool that is not installed
// is skipped. The exit code is 1 if anything failed.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { compilerArguments, WARNINGS } from "./build_native.ts";
import {
  buildForMac,
  buildForWindows,
  buildLibrary,
  hostedSources,
  plainSources,
  summaryOf,
  testSources,
  type Way,
} from "./native_builds.ts";
import { findTool, MissingTool, run } from "./native_tools.ts";
import { findRuntime } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HOST = process.platform;

/** The tests, compiled together with the library and run. */
export function runTests(compiler: string, flags: readonly string[], runner: Runner = alone): Way {
  return (folder) => {
    const program = join(folder, "tests");
    const sources = hostedSources(HOST);
    run(findTool(compiler), [...WARNINGS, "-g", ...flags, "-o", program, ...sources, "-pthread"]);
    return summaryOf(runner(program));
  };
}

type Runner = (program: string) => string;
const alone: Runner = (program) => run(program, []);

export const emulated: Runner = (program) =>
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
  ], { KNIT_TEST_ONE_THREAD: "1" });

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

function checkBindings(): void {
  run(findRuntime("deno").path, [
    "run",
    "-A",
    join(ROOT, "scripts/generate_bindings.ts"),
    "--check",
  ]);
}

/** Not every compiler has every sanitizer, and not every kernel lets it run. */
function runSanitized(compiler: string, name: string, flags: readonly string[]): Way {
  return (folder) => {
    const [source, program] = [join(folder, "empty.c"), join(folder, "empty")];
    writeFileSync(source, "int main(void) { return 0; }\n");
    const command = findTool(compiler);
    try {
      run(command, [...flags, "-o", program, source]);
      sanitized(program);
    } catch {
      throw new MissingTool(`the ${name} sanitizer of ${compiler}`);
    }
    return runTests(compiler, flags, sanitized)(folder);
  };
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
      ways.push([`${compiler}: tests, ${name} sanitizer`, runSanitized(compiler, name, flags)]);
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
