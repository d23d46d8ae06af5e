// How large the npm package is.

import { Buffer } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { filesOf, reachable } from "./npm_modules.ts";
import { LAZY } from "./npm_package.ts";

/** What all modules together may have, gzipped; that for browsers and the command have limits of their own. */
export const MOST_BYTES = 81_200;
/** What the modules of the command may have, gzipped. */
export const MOST_COMMAND_BYTES = 8_500;

/** Bytes of JavaScript, gzipped. */
export interface Sizes {
  /** What `import "knitting"` loads. */
  readonly loaded: number;
  /** What it loads on Bun, in workers and until the first pool is made. */
  readonly lazy: number;
  /** With what is loaded besides: by workers, on other runtimes, and when an option asks for it. */
  readonly all: number;
  /** What the command alone loads. */
  readonly command: number;
}

export function sizesOf(folder: string): Sizes {
  return {
    loaded: gzipped(folder, reachable(folder, ["mod.js"], "static")),
    lazy: gzipped(folder, reachable(folder, [LAZY], "static")),
    all: gzipped(folder, filesOf(folder).filter((path) => MODULE.test(path))),
    command: gzipped(folder, filesOf(folder).filter((path) => COMMAND_MODULE.test(path))),
  };
}

function gzipped(folder: string, paths: readonly string[]): number {
  const contents = paths.map((path) => readFileSync(join(folder, path)));
  return gzipSync(Buffer.concat(contents), { level: 9 }).length;
}

const COMMAND_MODULE = /^(cli|src\/cli\/\w+|src\/runtime\/message_echo)\.js$/;
const MODULE = /^(?!(browser|cli|src\/cli\/\w+|src\/runtime\/message_echo)\.js$).*\.js$/;

/** Kinds of files, by what their paths end in. */
const KINDS: readonly (readonly [name: string, ending: RegExp])[] = [
  ["modules", MODULE],
  ["of the command", COMMAND_MODULE],
  ["browser.js", /^browser\.js$/],
  ["declarations", /\.d\.ts$/],
  ["source maps with sources", /\.map$/],
  ["native files", /\.node$/],
  ["everything else", /(\.md|\.json|LICENSE)$/],
];

/** What to print of a package and the tarball that was made of it. */
export function sizeReport(folder: string, tarball: string): string {
  const files = filesOf(folder);
  const row = (name: string, count: number, bytes: number, packed: number) =>
    `${name.padEnd(26)}${String(count).padStart(6)}${kilo(bytes)}${kilo(packed)}`;
  const rows = KINDS.map(([name, ending]) => {
    const paths = files.filter((path) => ending.test(path));
    const bytes = paths.reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
    return row(name, paths.length, bytes, gzipped(folder, paths));
  });
  const { loaded, lazy, all, command } = sizesOf(folder);
  return [
    `${"".padEnd(26)} files       size    gzipped`,
    ...rows,
    `tarball: ${kilo(statSync(tarball).size).trim()}`,
    `modules: ${kilo(all).trim()} gzipped, at most ${kilo(MOST_BYTES).trim()}; ` +
    `import "knitting" loads ${kilo(loaded).trim()} of them, on Bun ${
      kilo(lazy).trim()
    } until the first pool is made`,
    `of the command: ${kilo(command).trim()} gzipped, at most ${kilo(MOST_COMMAND_BYTES).trim()}`,
  ].join("\n");
}

function kilo(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`.padStart(11);
}
