// Compiles the type tests, tests/types/*.ts, the way users would:
//
// - with Deno, against the sources;
// - with tsc, against the declarations of the package, once strict and once with
//   `strict: false`. Files named *_loose.ts are only for the last way, *_strict.ts for the others.
//
// A test says what must be an error with `// @ts-expect-error`.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runDeno } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TESTS = "tests/types";
/** Declarations and tests lie here as the sources and tests do in the root. */
const OUTPUT = ".tmp/types";

const OPTIONS = {
  target: "esnext",
  module: "esnext",
  moduleResolution: "bundler",
  moduleDetection: "force",
  // DOM for `console` and `URL`, which every runtime has.
  lib: ["esnext", "dom"],
  types: ["node"],
  verbatimModuleSyntax: true,
};
const STRICT = { strict: true, exactOptionalPropertyTypes: true };
const LOOSE = { strict: false, strictNullChecks: false };

function tsc(name: string, compilerOptions: object, files: readonly string[]): boolean {
  const config = `tsconfig.${name}.json`;
  const content = { compilerOptions: { ...OPTIONS, ...compilerOptions }, files };
  writeFileSync(join(ROOT, OUTPUT, config), JSON.stringify(content, null, 2));
  const script = join(ROOT, "node_modules/typescript/lib/tsc.js");
  // From there, so that the paths in messages are those of the repository.
  return runDeno(join(ROOT, OUTPUT), ["run", "-A", script, "-p", config, "--pretty", "false"]);
}

/** Writes what users get to see, without a check: `deno task check` does that. */
function emitDeclarations(): boolean {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  return tsc("declarations", {
    allowImportingTsExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
    noCheck: true,
    rootDir: "../..",
    outDir: ".",
  }, Object.values<string>(exports).map((file) => join("../..", file)));
}

function compile(): boolean {
  const files = readdirSync(join(ROOT, TESTS)).filter((file) => file.endsWith(".ts"))
    .map((file) => `${TESTS}/${file}`);
  const strict = files.filter((file) => !file.endsWith("_loose.ts"));
  const loose = files.filter((file) => !file.endsWith("_strict.ts"));
  rmSync(join(ROOT, OUTPUT), { recursive: true, force: true });
  mkdirSync(join(ROOT, OUTPUT, TESTS), { recursive: true });
  for (const file of files) copyFileSync(join(ROOT, file), join(ROOT, OUTPUT, file));

  const options = { allowImportingTsExtensions: true, noEmit: true };
  const runs: [name: string, files: string[], run: (files: string[]) => boolean][] = [
    ["deno", strict, (files) => runDeno(ROOT, ["check", "--quiet", ...files])],
    ["strict", strict, (files) => tsc("strict", { ...options, ...STRICT }, files)],
    ["loose", loose, (files) => tsc("loose", { ...options, ...LOOSE }, files)],
  ];
  let good = files.length === 0 || emitDeclarations();
  for (const [name, files, run] of runs) {
    const passed = files.length === 0 || run(files);
    console.log(`Types, ${name}: ${files.length} files, ${passed ? "ok" : "failed"}`);
    good &&= passed;
  }
  return good;
}

if (import.meta.main) {
  process.exitCode = !existsSync(join(ROOT, TESTS)) || compile() ? 0 : 1;
}
