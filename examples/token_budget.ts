// Trims chats so that they fit into what a language model reads. Counting tokens takes long enough to be
// better done elsewhere than on the thread that answers requests.
//
//   deno run -A examples/token_budget.ts [file ...] [--budget N] [options]

import { readFileSync } from "node:fs";
import { createPool } from "../mod.ts";
import { namedFilesOrPages } from "./support/files.ts";
import { run, runExample } from "./support/program.ts";
import { collect, onHost } from "./support/results.ts";
import { fitChat, type Message } from "./token_budget_tasks.ts";

await runExample({
  name: "token_budget",
  about: "Leaves out the oldest messages of chats until they fit into a number of tokens.",
  options: {
    budget: { help: "tokens that a chat may have", default: 1000, most: 10_000_000 },
  },
  positionals: {
    value: "file",
    help: "texts to make chats of, a paragraph a message (default: pages of this project)",
    most: 10_000,
  },
}, async (settings) => {
  const { budget } = settings;
  const files = namedFilesOrPages(settings.positionals);
  const chats = files.map((file) => ({ messages: makeChat(file), budget }));

  const fitted = await run(settings, {
    host: () => collect(onHost(chats, fitChat.f), chats.length),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ fitChat });
      try {
        return await collect(pool.map(chats, pool.call.fitChat), chats.length);
      } finally {
        await pool.shutdown();
      }
    },
  });

  for (const [index, { messages, tokensBefore, tokens }] of fitted.entries()) {
    const before = chats[index]!.messages.length;
    console.log(files[index]);
    console.log(`  messages ${before} -> ${messages.length}, tokens ${tokensBefore} -> ${tokens}`);
    if (tokens > budget) console.log("  the instructions alone are more than the budget");
  }
});

function makeChat(file: string): Message[] {
  const paragraphs = readFileSync(file, "utf8").split(/\n\s*\n/).filter((text) => text.trim());
  return [
    { role: "system", content: "Answer in short, plain sentences." },
    ...paragraphs.map((content, index): Message => {
      return { role: index % 2 === 0 ? "user" : "assistant", content };
    }),
  ];
}
