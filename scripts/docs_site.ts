// Makes a static site of docs/, and of the documents that these lead to (deno task docs:site): site/.tmp/dist.
// Then looks at it in Chromium (scripts/check_site.ts).
//
// VitePress makes it. Its configuration, site/deno.json, is apart from that of the project, so that only those
// who make the site install it. It gets copies of the documents in a folder of their own, with addresses for
// the web: docs/tasks.md is tasks.md there, and src/README.md is src.md.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { checkSite } from "./check_site.ts";
import { findRuntime } from "./runtimes.ts";
import { INDEX, pageOf, sidebarOf, stagePage } from "./site_pages.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SITE = join(ROOT, "site");
const PAGES = join(SITE, ".tmp");

/** Copies the index and all that can be reached from it; returns the pages. */
function stage(): string[] {
  const staged = new Set([INDEX]);
  for (const path of staged) {
    const isPage = path.endsWith(".md");
    const isImage = path.endsWith(".svg");
    const place = isPage || isImage ? join(PAGES, pageOf(path)) : join(PAGES, "public", path);
    mkdirSync(dirname(place), { recursive: true });
    if (!isPage) {
      copyFileSync(join(ROOT, path), place);
      continue;
    }
    const { text, others } = stagePage(path, readFileSync(join(ROOT, path), "utf8"));
    writeFileSync(place, text);
    for (const other of others) staged.add(other);
  }
  return [...staged].filter((path) => path.endsWith(".md")).map(pageOf);
}

function writeConfig(index: string): void {
  const config = {
    title: "knitting",
    description: "A worker pool for Node, Deno and Bun, and for browsers",
    outDir: "dist",
    cacheDir: "cache",
    themeConfig: {
      search: { provider: "local" },
      outline: [2, 3],
      sidebar: sidebarOf(index),
    },
  };
  const markdown = new URL("markdown.ts", import.meta.url).pathname;
  mkdirSync(join(PAGES, ".vitepress"), { recursive: true });
  writeFileSync(
    join(PAGES, ".vitepress/config.ts"),
    `import { slugOf } from ${JSON.stringify(markdown)};\n` +
      `export default { ...${
        JSON.stringify(config)
      }, markdown: { anchor: { slugify: slugOf } } };\n`,
  );
}

function run(command: readonly string[]): void {
  const [program, ...args] = command;
  const { status } = spawnSync(program!, args, { cwd: SITE, stdio: "inherit" });
  if (status !== 0) throw new Error(`${command.join(" ")}: exit code ${status}`);
}

async function main(): Promise<number> {
  rmSync(PAGES, { recursive: true, force: true });
  const pages = stage();
  writeConfig(readFileSync(join(ROOT, INDEX), "utf8"));
  if (!existsSync(join(SITE, "node_modules"))) {
    run([process.execPath, "install", "--frozen", "--quiet"]);
  }
  run([findRuntime("node").path, "node_modules/vitepress/bin/vitepress.js", "build", ".tmp"]);
  const dist = join(PAGES, "dist");
  const faults = await checkSite(dist, pages.map((page) => page.replace(/\.md$/, ".html")));
  for (const fault of faults ?? []) console.error(`site: ${fault}`);
  const looked = faults === undefined ? "not looked at, for want of Chromium" : "looked at";
  console.log(`${dist}: ${pages.length} pages, ${looked}`);
  return faults === undefined || faults.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
