// Builds the npm package (deno task build:npm): the folder npm/, and a tarball of it beside deno.json.
//
// tsc does the compiling, and not dnt, with which packages for Deno and Node are often built: dnt lies on JSR,
// which the build does not need to reach otherwise, and the shims that it adds are not needed, because the
// sources run as they are on Node, Deno and Bun. What is left is to compile each file by itself, and to put
// the files together (scripts/npm_chunks.ts). To do that with other tools, replace `buildModules` of
// scripts/npm_modules.ts, `bundle` of scripts/npm_chunks.ts and scripts/tsconfig.npm.json; nothing else, and
// no test of the package (tests/package), asks what made it.

import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { buildBrowser, describe } from "./build_browser.ts";
import { npm } from "./native_tools.ts";
import { findFaults } from "./npm_faults.ts";
import { buildModules, PACKAGE } from "./npm_modules.ts";
import {
  COMMAND,
  compiled,
  entryPoints,
  findRepository,
  packageJson,
  packageReadme,
  readProject,
  tarballOf,
} from "./npm_package.ts";
import { buildPrebuilds } from "./npm_prebuilds.ts";
import { sizeReport } from "./npm_size.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Files that are copied as they are. */
const TEXTS = ["LICENSE", "CHANGELOG.md"];

/** Makes a tarball of a folder in the same way as `npm publish`. */
function pack(folder: string): void {
  npm(["pack", folder, "--pack-destination", ROOT, "--ignore-scripts", "--silent"]);
}

async function main(): Promise<number> {
  const project = readProject();
  rmSync(PACKAGE, { recursive: true, force: true });
  mkdirSync(PACKAGE);
  await buildModules(Object.values(entryPoints(project)).map((path) => compiled(path).slice(2)), [
    "browser.js",
  ]);
  chmodSync(join(PACKAGE, COMMAND), 0o755);
  const browser = await buildBrowser(PACKAGE);
  for (const name of TEXTS) copyFileSync(join(ROOT, name), join(PACKAGE, name));
  const repository = findRepository();
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const ofPackage = packageReadme(readme, project.version, repository);
  writeFileSync(join(PACKAGE, "README.md"), ofPackage);
  const content = packageJson(project, repository);
  writeFileSync(join(PACKAGE, "package.json"), JSON.stringify(content, null, 2) + "\n");
  buildPrebuilds(join(PACKAGE, "prebuilds"));
  pack(PACKAGE);
  const tarball = tarballOf(project.version);
  console.log(`${sizeReport(PACKAGE, tarball)}\n${describe(browser)}\nbuilt ${tarball}`);
  const faults = findFaults(PACKAGE);
  for (const fault of faults) console.error(`npm package: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
