// Builds the native library for this machine with the system's C compiler:
//
//   deno run -A scripts/build_native.ts [--if-needed]
//
// The result is prebuilds/<system>-<architecture>/knitting.node, where the npm package has it too. With --if-needed nothing is done when it is
// newer than its sources, and a machine without a compiler is no failure: most of knitting works
// without the library. CC names another compiler.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const FFI = fileURLToPath(new URL("../ffi/", import.meta.url));
const PREBUILDS = fileURLToPath(new URL("../prebuilds/", import.meta.url));

/** Files that every platform compiles. */
const PORTABLE = ["library.c", "holds.c", "name_check.c", "node_addon.c"];

interface Platform {
  readonly sources: readonly string[];
  readonly flags: readonly string[];
  /** Libraries of the system; linkers want them after what needs them. */
  readonly libraries: readonly string[];
}

/** For all C code, also that of tests. */
export const WARNINGS: readonly string[] = [
  "-std=c11",
  "-Wall",
  "-Wextra",
  "-Wpedantic",
  "-Werror",
];
const COMMON = [...WARNINGS, "-O2", "-fvisibility=hidden"];

/** By the name of the system, as in the folder of the result. */
export const PLATFORMS: Readonly<Record<string, Platform>> = {
  linux: {
    sources: [
      "names.c",
      "memory_linux.c",
      "futex_linux.c",
      "process_linux.c",
      "life_linux.c",
      "freestanding.c",
    ],
    // Without a C library: the file runs wherever the kernel does. It is never unloaded, because
    // buffers can outlive the thread that loaded it.
    flags: [
      "-ffreestanding",
      "-fPIC",
      "-fno-stack-protector",
      "-shared",
      "-nostdlib",
      "-Wl,-z,nodelete",
      "-Wl,-z,noexecstack",
      "-Wl,--build-id=none",
    ],
    libraries: [],
  },
  darwin: {
    sources: [
      "names.c",
      "memory_darwin.c",
      "futex_darwin.c",
      "process_darwin.c",
      "life_darwin.c",
    ],
    flags: ["-dynamiclib", "-undefined", "dynamic_lookup"],
    libraries: [],
  },
  win32: {
    sources: [
      "memory_windows.c",
      "futex_windows.c",
      "process_windows.c",
      "life_windows.c",
      "node_api_windows.c",
    ],
    // Without symbols: most of them are of the C library.
    flags: ["-shared", "-static", "-s"],
    libraries: ["-lsynchronization", "-lbcrypt"],
  },
};

/** All sources of a platform, as paths. */
export function sourcesOf(system: string): string[] {
  return [...PORTABLE, ...PLATFORMS[system]!.sources].map((name) => join(FFI, name));
}

/** The arguments of a compiler that builds the library for `system` into `output`. */
export function compilerArguments(
  system: string,
  output: string,
  sources: readonly string[] = sourcesOf(system),
): string[] {
  const { flags, libraries } = PLATFORMS[system]!;
  return [...COMMON, ...flags, "-o", output, ...sources, ...libraries];
}

/** Where the library for a machine belongs. */
export function outputPath(system: string, architecture: string): string {
  return join(PREBUILDS, `${system}-${architecture}`, "knitting.node");
}

function isNewer(output: string): boolean {
  try {
    const built = statSync(output).mtimeMs;
    const sources = readdirSync(FFI).filter((name) => /\.(c|h|inc)$/.test(name));
    return [fileURLToPath(import.meta.url), ...sources.map((name) => join(FFI, name))]
      .every((path) => statSync(path).mtimeMs <= built);
  } catch {
    return false;
  }
}

function findCompiler(): string | undefined {
  const named = process.env.CC;
  const names = named === undefined || named === "" ? ["cc", "gcc", "clang"] : [named];
  return names.find((name) => spawnSync(name, ["--version"]).status === 0);
}

function main(ifNeeded: boolean): number {
  const { platform, arch } = process;
  if (!(platform in PLATFORMS)) {
    console.error(`The native library has no code for ${platform}. Thread pools work without it.`);
    return ifNeeded ? 0 : 1;
  }
  const output = outputPath(platform, arch);
  if (ifNeeded && isNewer(output)) return 0;
  const compiler = findCompiler();
  if (compiler === undefined) {
    console.error(
      "The native library cannot be built: no C compiler was found (cc, gcc, clang, or what CC " +
        "names). On Debian, `apt install gcc`; on macOS, `xcode-select --install`.\n" +
        "Thread pools work without it; ProcessSharedBuffer does not.",
    );
    return ifNeeded ? 0 : 1;
  }
  mkdirSync(dirname(output), { recursive: true });
  // Under another name first: a program may have the old one loaded.
  const fresh = `${output}.${process.pid}`;
  const { status } = spawnSync(compiler, compilerArguments(platform, fresh), { stdio: "inherit" });
  if (status !== 0) {
    rmSync(fresh, { force: true });
    console.error(`The native library cannot be built: ${compiler} failed, see above.`);
    return 1;
  }
  renameSync(fresh, output);
  console.error(`built ${output} (${statSync(output).size} bytes)`);
  return 0;
}

if (import.meta.main) process.exitCode = main(process.argv.includes("--if-needed"));
