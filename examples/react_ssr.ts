// Renders pages with React on the server. The props of a page cross to a worker, and its HTML comes back.
//
//   deno run -A examples/react_ssr.ts [options]

import { writeFileSync } from "node:fs";
import { createPool } from "../mod.ts";
import { makePage, renderPage } from "./react_ssr_tasks.ts";
import { run, runExample } from "./support/program.ts";
import { collect, onHost } from "./support/results.ts";

await runExample({
  name: "react_ssr",
  about: "Renders React components to HTML.",
  options: {
    pages: { help: "pages", default: 500, most: 100_000 },
    products: { help: "products on each", default: 100, most: 10_000 },
    out: { help: "file for the first page, to look at", value: "FILE" },
  },
}, async (settings) => {
  const pages = Array.from(
    { length: settings.pages },
    (_, number) => makePage(number, settings.products),
  );

  const documents = await run(settings, {
    host: () => collect(onHost(pages, renderPage.f), pages.length),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ renderPage });
      try {
        return await collect(pool.map(pages, pool.call.renderPage), pages.length);
      } finally {
        await pool.shutdown();
      }
    },
  });

  const length = documents.reduce((sum, html) => sum + html.length, 0);
  console.log(`${documents.length} pages, ${length} characters of HTML`);
  if (settings.out === undefined) return;
  writeFileSync(settings.out, documents[0]!);
  console.log(`the first page is in ${settings.out}`);
});
