// Runs two plugins in a process that may do nothing but compute: one that counts words, and one that spies.
// With --host they are part of this program, and may do all that it may do.
//
//   deno run -A examples/sandboxed_plugin.ts [options]

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createPool } from "../mod.ts";
import type { Targets } from "./plugins/spy.ts";
import { countWords, spy } from "./sandboxed_plugin_tasks.ts";
import { run, runExample } from "./support/program.ts";

const TEXT = "Knit one, purl one; knit two together, purl two, and knit to the end.";

interface Plugins {
  countWords(text: string): Record<string, number> | Promise<Record<string, number>>;
  spy(targets: Targets): Promise<Record<string, boolean>>;
}

await runExample({
  name: "sandboxed_plugin",
  about: "Runs plugins in a process that may read no files, reach no server and start no program.",
  options: {
    runtime: { help: "on what", value: "NAME", default: "deno", oneOf: ["deno", "node", "bun"] },
    sandbox: {
      help: "who else holds them to it; Node and Bun need bwrap",
      value: "NAME",
      default: "none",
      oneOf: ["none", "bwrap"],
    },
  },
}, async (settings) => {
  // What the spy is after.
  const folder = mkdtempSync(join(tmpdir(), "knitting-plugin-"));
  const file = join(folder, "secret.txt");
  writeFileSync(file, "a secret of the host");
  process.env["PLUGIN_SECRET"] = "another secret";
  const server = createServer((_request, response) => response.end("a third secret"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  const usePlugins = async (plugins: Plugins) => {
    const tried = await plugins.spy({ file, url, variable: "PLUGIN_SECRET" });
    for (const [act, succeeded] of Object.entries(tried)) {
      console.log(`${succeeded ? "succeeded" : "failed   "}  ${act}`);
    }
    return await plugins.countWords(TEXT);
  };

  try {
    const words = await run(settings, {
      async host() {
        const { countWords } = await import("./plugins/count_words.ts");
        const { spy } = await import("./plugins/spy.ts");
        return await usePlugins({ countWords, spy });
      },
      async pool() {
        const pool = createPool({
          threads: settings.threads,
          worker: {
            runtime: "process",
            processRuntime: settings.runtime,
            ...settings.sandbox === "bwrap" && { sandbox: "bwrap" },
          },
          // The rest is denied by default: servers, programs, the environment.
          permission: { read: [], write: [] },
        })({ countWords, spy });
        try {
          return await usePlugins(pool.call);
        } finally {
          await pool.shutdown();
        }
      },
    });
    console.log(`"knit" was counted ${words["knit"]} times, "purl" ${words["purl"]} times`);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
