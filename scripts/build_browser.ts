// Bundles browser.ts into one ES module for browsers, npm/browser.js, and says how large it is:
//
//   deno run -A scripts/build_browser.ts [folder]
//
// A browser is one more runtime: wherever `browser_x.ts` stands beside `x.ts`, the bundle has that
// one. Nothing of `node:` may be left, and Rollup says so if it is. esbuild takes the types away.

import { Buffer } from "node:buffer";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { transform } from "esbuild";
import { type OutputChunk, type Plugin, rollup } from "rollup";
import { shorten, withCommonPrivates } from "./shorten.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Bytes of the bundle that a browser loads, compressed. */
const MOST_GZIPPED_BYTES = 49_700;

/** Puts the counterparts for browsers into the places of modules, and makes JavaScript of them. */
const browserModules: Plugin = {
  name: "browser modules",
  resolveId(path, importer) {
    if (importer === undefined || !path.startsWith(".")) return null;
    const module = resolve(dirname(importer), path);
    const counterpart = join(dirname(module), `browser_${basename(module)}`);
    // A counterpart may build on what it stands for.
    return importer !== counterpart && existsSync(counterpart) ? counterpart : module;
  },
  async load(path) {
    const { code, map } = await transform(readFileSync(path, "utf8"), {
      loader: "ts",
      target: ["chrome114", "firefox145", "safari17.4"],
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      sourcemap: "external",
      sourcefile: basename(path),
    });
    return { code: withCommonPrivates(code), map };
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
  const modules = await rollup({
    input: join(ROOT, "browser.ts"),
    plugins: [browserModules],
    onLog(_, { message }) {
      throw new Error(message);
    },
  });
  const { output } = await modules.generate({
    file: outfile,
    format: "es",
    sourcemap: "hidden",
    inlineDynamicImports: true,
  });
  const { code, map, exports } = output[0] as OutputChunk;
  const short = await shorten("browser.js", { code, map: JSON.stringify(map) }, exports);
  writeFileSync(outfile, short.code);
  writeFileSync(`${outfile}.map`, short.map);
  const content = Buffer.from(short.code);
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
