// The pages of the tests: builds them, and serves them on the loopback interface.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { buildBrowser } from "../../scripts/build_browser.ts";

const SOURCES = fileURLToPath(new URL("page/", import.meta.url));

/** How a page gets the library and its own modules. */
export type PageKind = "bundled" | "plain";

/** Pages on a server of their own. */
export interface Pages {
  /** The URL of a page, with the headers that make it cross-origin isolated or without. */
  url(kind: PageKind, isolated: boolean): string;
  close(): Promise<void>;
}

export async function servePages(): Promise<Pages> {
  const folder = mkdtempSync(join(tmpdir(), "knitting-pages-"));
  await buildBrowser(folder);
  const library = join(folder, "browser.js");
  // The application with the library in one file, as its bundler makes it.
  await buildPage(join(folder, "bundled"), true, {
    name: "library",
    setup: ({ onResolve }) =>
      onResolve({ filter: /^knitting\/browser$/ }, () => ({ path: library })),
  });
  // Each module for itself, and the library as it is in the package.
  await buildPage(join(folder, "plain"), false, {
    name: "modules as they are",
    setup: ({ onResolve }) =>
      onResolve({ filter: /./ }, ({ path, kind }) => {
        if (kind === "entry-point") return undefined;
        const script = path === "knitting/browser" ? "/browser.js" : path.replace(/\.ts$/, ".js");
        return { path: script, external: true };
      }),
  });
  const server = createServer(({ url = "/" }, response) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (searchParams.get("isolated") !== "false") {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    const page = /^\/(bundled|plain)\.html$/.exec(pathname);
    const content = page === null
      ? fileIn(folder, pathname)
      : `<!doctype html><script type="module" src="/${page[1]}/checks.js"></script>`;
    const type = page === null ? "text/javascript" : "text/html";
    response.writeHead(content === undefined ? 404 : 200, { "Content-Type": type });
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (kind, isolated) => `http://127.0.0.1:${port}/${kind}.html?isolated=${isolated}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

async function buildPage(outdir: string, minify: boolean, plugin: Plugin): Promise<void> {
  await build({
    entryPoints: readdirSync(SOURCES).map((name) => join(SOURCES, name)),
    outdir,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2024",
    minify,
    plugins: [plugin],
    logLevel: "warning",
  });
}

function fileIn(folder: string, path: string): string | undefined {
  try {
    return readFileSync(join(folder, path), "utf8");
  } catch {
    return undefined;
  }
}
