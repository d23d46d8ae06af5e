// Renders pages with React and compresses them with Brotli: both in the workers, or, to see what that is
// worth, the second part on the main thread.
//
//   deno run -A examples/react_ssr_brotli.ts [options]

import { writeFileSync } from "node:fs";
import { createPool } from "../mod.ts";
import { compress, renderCompressed } from "./react_ssr_brotli_tasks.ts";
import { makePage, renderPage } from "./react_ssr_tasks.ts";
import { run, runExample } from "./support/program.ts";
import { collect, onHost } from "./support/results.ts";

await runExample({
  name: "react_ssr_brotli",
  about: "Renders React components to HTML, and compresses it.",
  options: {
    pages: { help: "pages", default: 200, most: 100_000 },
    products: { help: "products on each", default: 100, most: 10_000 },
    compress: { help: "where", value: "SIDE", default: "worker", oneOf: ["worker", "host"] },
    out: { help: "file for the first page, compressed", value: "FILE" },
  },
}, async (settings) => {
  const pages = Array.from(
    { length: settings.pages },
    (_, number) => makePage(number, settings.products),
  );

  const documents = await run(settings, {
    host: () => collect(onHost(pages, renderCompressed.f), pages.length),
    async pool() {
      const { threads } = settings;
      const pool = createPool({ threads })({ renderCompressed, renderPage });
      try {
        const compressed = settings.compress === "worker"
          ? pool.map(pages, pool.call.renderCompressed)
          : onHost(pool.map(pages, pool.call.renderPage), compress);
        return await collect(compressed, pages.length);
      } finally {
        await pool.shutdown();
      }
    },
  });

  const length = documents.reduce((sum, bytes) => sum + bytes.length, 0);
  console.log(`${documents.length} pages, ${length} bytes compressed`);
  if (settings.out === undefined) return;
  writeFileSync(settings.out, documents[0]!);
  console.log(`the first page is in ${settings.out}`);
});
