// Bundles browser.ts into one ES module for browsers, npm/browser.js, and says how large it is:
//
//   deno run -A scripts/build_browser.ts [folder]
//
// A browser is one more runtime: wherever `browser_x.ts` stands beside `x.ts`, the bundle has that
// one. Nothing of `node:` may be left, and esbuild says so if it is.

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Bytes of the bundle that a browser loads, compressed. */
const MOST_GZIPPED_BYTES = 56_000;

/** Puts the counterparts for browsers into the places of modules. */
export const browserModules: Plugin = {
  name: "browser modules",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir, importer }) => {
      const module = resolve(resolveDir, path);
      const counterpart = join(dirname(module), `browser_${basename(module)}`);
      // A counterpart may build on what it stands for.
      return importer !== counterpart && existsSync(counterpart)
        ? { path: counterpart }
        : undefined;
    });
  },
};

/** The size of a bundle, in bytes. */
export interface BundleSize {
  readonly bytes: number;
  readonly gzippedBytes: number;
}

/**
 * Writes `browser.js`, and a source map beside it. Its declarations are those of `browser.ts`.
 *
 * @throws {Error} if the bundle is too large
 */
export async function buildBrowser(folder: string): Promise<BundleSize> {
  const outfile = join(folder, "browser.js");
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["browser.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["chrome114", "firefox145", "safari17.4"],
    minify: true,
    sourcemap: "linked",
    plugins: [browserModules],
    logLevel: "warning",
  });
  const content = readFileSync(outfile);
  const size = { bytes: content.length, gzippedBytes: gzipSync(content, { level: 9 }).length };
  if (size.gzippedBytes > MOST_GZIPPED_BYTES) {
    throw new Error(
      `${outfile} has ${size.gzippedBytes} bytes gzipped, more than ${MOST_GZIPPED_BYTES}`,
    );
  }
  return size;
}

/** The size in words. */
export function describe({ bytes, gzippedBytes }: BundleSize): string {
  return `browser.js: ${bytes} bytes, ${gzippedBytes} gzipped (at most ${MOST_GZIPPED_BYTES})`;
}

async function main([folder = join(ROOT, "npm")]: readonly string[]): Promise<void> {
  console.log(describe(await buildBrowser(folder)));
}

if (import.meta.main) await main(process.argv.slice(2));
