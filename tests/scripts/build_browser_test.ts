import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { build } from "esbuild";
import { buildBrowser } from "../../scripts/build_browser.ts";

async function importsOf(path: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [path],
    outdir: "unused",
    bundle: true,
    external: ["*"],
    format: "esm",
    metafile: true,
    write: false,
  });
  return Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
}

describe("build_browser", () => {
  it("makes one module that imports nothing, and a source map without absolute paths", async () => {
    const folder = mkdtempSync(join(tmpdir(), "knitting-browser-"));
    try {
      const { bytes, gzippedBytes } = await buildBrowser(folder);
      assert.deepEqual(readdirSync(folder).sort(), ["browser.js", "browser.js.map"]);
      const bundle = join(folder, "browser.js");
      assert.equal(statSync(bundle).size, bytes);
      assert.ok(gzippedBytes < bytes);
      assert.deepEqual(await importsOf(bundle), []);
      const { sources } = JSON.parse(readFileSync(join(folder, "browser.js.map"), "utf8"));
      assert.ok(sources.some((path: string) => path.endsWith("src/pool/pool.ts")));
      assert.ok(sources.every((path: string) => path.startsWith("../")), sources.join());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
