// Turns Markdown files into HTML files.
//
//   deno run -A examples/markdown.ts [file ...] [--out folder] [options]

import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createPool } from "../mod.ts";
import { toHtml } from "./markdown_tasks.ts";
import { namedFilesOrPages } from "./support/files.ts";
import { run, runExample } from "./support/program.ts";
import { collect, onHost } from "./support/results.ts";

await runExample({
  name: "markdown",
  about: "Turns Markdown into HTML, with the library marked.",
  options: {
    out: { help: "folder for the HTML files", value: "FOLDER" },
  },
  positionals: { value: "file", help: "what to turn (default: pages of this project)", most: 1e4 },
}, async (settings) => {
  const files = namedFilesOrPages(settings.positionals);

  // Each file is read when it is its turn.
  function* texts(): Generator<Promise<string>> {
    for (const file of files) yield readFile(file, "utf8");
  }

  const pieces = await run(settings, {
    host: () => collect(onHost(texts(), toHtml.f), files.length),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ toHtml });
      try {
        // The promise of a text can be the argument: the call is sent when it has settled.
        return await collect(pool.map(texts(), pool.call.toHtml), files.length);
      } finally {
        await pool.shutdown();
      }
    },
  });

  for (const [index, file] of files.entries()) {
    const headings = pieces[index]!.match(/<h[1-6]/g)?.length ?? 0;
    console.log(`${file}: ${headings} headings, ${pieces[index]!.length} characters of HTML`);
  }
  if (settings.out === undefined) return;
  mkdirSync(settings.out, { recursive: true });
  for (const [index, file] of files.entries()) {
    // Several files may have the same name.
    const path = join(settings.out, `${index + 1}_${basename(file)}.html`);
    writeFileSync(path, `<!doctype html><meta charset="utf-8">\n${pieces[index]}`);
    console.log(`written: ${path}`);
  }
});
