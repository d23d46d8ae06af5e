// The native files of the npm package, one for each platform, built on one machine; and their manifest,
// which says what each of them was tested on.

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { emulated, runTests } from "./check_native.ts";
import { buildForMac, buildForWindows, buildLibrary, type Way } from "./native_builds.ts";
import { MissingTool, run } from "./native_tools.ts";
import { findRuntime, RUNTIME_NAMES } from "./runtimes.ts";

/** One file of the manifest. */
export interface Prebuild {
  /** Relative to the folder of the manifest. */
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  /** What it was tested on, or that it was only built. */
  readonly tested: string;
}

/** prebuilds/manifest.json. */
export interface PrebuildManifest {
  readonly prebuilds: Readonly<Record<string, Prebuild>>;
}

interface Recipe {
  readonly build: Way;
  /** Tests the file in the folder; what was done. */
  test(folder: string, remark: string | void): string | undefined;
}

const { platform, arch } = process;

const linux = (architecture: string, compiler: string): Recipe => {
  const isHere = platform === "linux" && arch === architecture;
  return {
    build: buildLibrary(isHere ? "gcc" : compiler, "linux"),
    test: (folder) => isHere ? loadedEverywhere(join(folder, "knitting.node")) : undefined,
  };
};

const mac = (compilerName: string): Recipe => ({
  build: buildForMac(compilerName),
  test: () => undefined,
});

const linuxArm64 = linux("arm64", "aarch64-linux-gnu-gcc");

/** Every platform that a release has a file for. */
const RECIPES: Readonly<Record<string, Recipe>> = {
  "linux-x64": linux("x64", "x86_64-linux-gnu-gcc"),
  "linux-arm64": { ...linuxArm64, test: (...args) => linuxArm64.test(...args) ?? underEmulation() },
  "win32-x64": {
    build: buildForWindows,
    test: (_, remark) =>
      /passed/.test(remark ?? "") ? `its tests in C, with wine: ${remark}` : undefined,
  },
  "darwin-x64": mac("x86_64"),
  "darwin-arm64": mac("arm64"),
};

export const PREBUILD_PLATFORMS: readonly string[] = Object.keys(RECIPES);

/** The runtimes of this machine load it, and call a function of it. */
function loadedEverywhere(path: string): string {
  const script = join(path, "../load.cjs");
  writeFileSync(script, "console.log(require(process.argv[2]).knit_interface());\n");
  const names = RUNTIME_NAMES.map((name) => {
    const runtime = findRuntime(name);
    const flags = name === "deno" ? ["run", "-A"] : [];
    const output = run(runtime.path, [...flags, script, path]);
    if (!/^\d+\s*$/.test(output)) throw new Error(`${name} cannot use ${path}: ${output}`);
    return `${name} ${runtime.version}`;
  });
  return `loaded by ${names.join(", ")} on ${platform}-${arch}`;
}

function underEmulation(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "knitting-arm64-"));
  try {
    const summary = runTests("aarch64-linux-gnu-gcc", ["-O2", "-static"], emulated)(folder);
    return `the tests in C of the same sources, emulated by qemu: ${summary}`;
  } catch (error) {
    if (error instanceof MissingTool) return undefined;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Builds what this machine can into `folder`, and writes the manifest. What it cannot is left out. */
export function buildPrebuilds(folder: string): void {
  const prebuilds: Record<string, Prebuild> = {};
  for (const [name, recipe] of Object.entries(RECIPES)) {
    try {
      prebuilds[name] = buildOne(folder, name, recipe);
      console.log(`${name}: ${prebuilds[name].size} bytes, ${prebuilds[name].tested}`);
    } catch (error) {
      if (!(error instanceof MissingTool)) throw error;
      console.log(`${name}: left out, because ${error.message}`);
    }
  }
  mkdirSync(folder, { recursive: true });
  const manifest: PrebuildManifest = { prebuilds };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
}

function buildOne(folder: string, name: string, { build, test }: Recipe): Prebuild {
  const work = mkdtempSync(join(tmpdir(), "knitting-prebuild-"));
  try {
    const remark = build(work);
    const tested = test(work, remark) ?? "built only";
    const file = `${name}/knitting.node`;
    mkdirSync(join(folder, name), { recursive: true });
    copyFileSync(join(work, "knitting.node"), join(folder, file));
    return { file, ...digestOf(join(folder, file)), tested };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Size and hash of a file, as the manifest has them. */
export function digestOf(path: string): Pick<Prebuild, "size" | "sha256"> {
  const content = readFileSync(path);
  return { size: content.length, sha256: createHash("sha256").update(content).digest("hex") };
}
