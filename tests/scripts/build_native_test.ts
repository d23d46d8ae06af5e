import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { compilerArguments, PLATFORMS, sourcesOf } from "../../scripts/build_native.ts";
import { findRuntime } from "../../scripts/runtimes.ts";

const SCRIPT = new URL("../../scripts/build_native.ts", import.meta.url);
const { platform, arch } = process;

/** A tree of its own with the script in it, so that no test touches the library of this one. */
class Project {
  readonly root = mkdtempSync(join(realpathSync(tmpdir()), "knitting-build-"));
  readonly output = join(this.root, "prebuilds", `${platform}-${arch}`, "knitting.node");

  constructor() {
    mkdirSync(join(this.root, "scripts"));
    mkdirSync(join(this.root, "ffi"));
    copyFileSync(SCRIPT, join(this.root, "scripts/build_native.ts"));
    this.write("ffi/library.c", "");
  }

  write(path: string, text: string): string {
    writeFileSync(join(this.root, path), text);
    return join(this.root, path);
  }

  /** A compiler that writes down that it was called, and ends with `exitCode`. */
  compiler(exitCode = 0): string {
    const path = this.write(
      "compiler",
      `#!/bin/sh\n[ "$1" = --version ] && exit 0\necho called >> "${this.root}/calls"\n` +
        `while [ "$1" != -o ]; do shift; done\necho ${exitCode} > "$2"\nexit ${exitCode}\n`,
    );
    chmodSync(path, 0o755);
    return path;
  }

  get calls(): number {
    const path = join(this.root, "calls");
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").length : 0;
  }

  build(compiler: string, ...args: string[]): SpawnSyncReturns<string> {
    return spawnSync(
      findRuntime("deno").path,
      ["run", "-A", "--no-config", "--quiet", join(this.root, "scripts/build_native.ts"), ...args],
      { encoding: "utf8", env: { ...process.env, CC: compiler } },
    );
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}

function inProject(run: (project: Project) => void): () => void {
  return () => {
    const project = new Project();
    try {
      run(project);
    } finally {
      project.remove();
    }
  };
}

describe("build_native", { skip: platform === "win32" }, () => {
  it(
    "says what to do without a compiler",
    inProject((project) => {
      const { status, stderr } = project.build("/nonexistent");
      assert.equal(status, 1);
      assert.match(stderr, /no C compiler was found/);
      assert.match(stderr, /apt install gcc/);
      assert.match(stderr, /Thread pools work without it/);
      assert.ok(!existsSync(project.output));
    }),
  );

  it(
    "does not fail without a compiler if the library is not a must",
    inProject((project) => {
      const { status, stderr } = project.build("/nonexistent", "--if-needed");
      assert.equal(status, 0);
      assert.match(stderr, /no C compiler was found/);
    }),
  );

  it(
    "builds the library, and again only if a source has changed",
    inProject((project) => {
      const compiler = project.compiler();
      assert.equal(project.build(compiler, "--if-needed").status, 0);
      assert.equal(project.calls, 1);
      assert.deepEqual(readdirSync(join(project.output, "..")), ["knitting.node"]);

      const { status, stderr } = project.build("/nonexistent", "--if-needed");
      assert.deepEqual([status, stderr], [0, ""]);

      const later = Date.now() / 1000 + 10;
      utimesSync(join(project.root, "ffi/library.c"), later, later);
      assert.equal(project.build(compiler, "--if-needed").status, 0);
      assert.equal(project.calls, 2);
      assert.equal(project.build(compiler).status, 0);
      assert.equal(project.calls, 3);
    }),
  );

  it(
    "keeps the library if the compiler fails",
    inProject((project) => {
      assert.equal(project.build(project.compiler()).status, 0);
      for (const args of [[], ["--if-needed"]]) {
        const later = Date.now() / 1000 + 10;
        utimesSync(join(project.root, "ffi/library.c"), later, later);
        const { status, stderr } = project.build(project.compiler(3), ...args);
        assert.equal(status, 1);
        assert.match(stderr, /compiler failed, see above/);
        assert.deepEqual(readdirSync(join(project.output, "..")), ["knitting.node"]);
        assert.equal(readFileSync(project.output, "utf8"), "0\n");
      }
    }),
  );
});

describe("PLATFORMS", () => {
  it("names files that are there", () => {
    for (const system of Object.keys(PLATFORMS)) {
      for (const path of sourcesOf(system)) assert.ok(existsSync(path), path);
    }
  });

  it("covers all C files", () => {
    const used = new Set(Object.keys(PLATFORMS).flatMap(sourcesOf));
    const folder = fileURLToPath(new URL("../../ffi/", import.meta.url));
    for (const name of readdirSync(folder).filter((name) => name.endsWith(".c"))) {
      assert.ok(used.has(join(folder, name)), name);
    }
  });

  it("puts libraries behind the sources that need them", () => {
    const args = compilerArguments("win32", "out");
    const lastSource = args.findLastIndex((arg) => arg.endsWith(".c"));
    assert.ok(args.indexOf("-lsynchronization") > lastSource);
    assert.equal(args[args.indexOf("-o") + 1], "out");
  });
});
