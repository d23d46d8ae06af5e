// What a server does with the tokens of its clients: accepts those that are good for a while, renews those
// that are about to expire, and refuses expired and forged ones.
//
//   deno run -A examples/jwt_revalidation.ts [options]

import { createPool } from "../mod.ts";
import { LIFETIME_SECONDS, revalidate, sign, type Verdict, verify } from "./jwt_tasks.ts";
import { run, runExample, UserError } from "./support/program.ts";
import { collect, onHost } from "./support/results.ts";

await runExample({
  name: "jwt_revalidation",
  about: "Checks JSON Web Tokens with Web Crypto, and renews those that are about to expire.",
  options: {
    tokens: { help: "tokens to check", default: 20_000, most: 1_000_000 },
  },
}, async (settings) => {
  const secret = crypto.randomUUID();
  const now = Math.floor(Date.now() / 1000);

  // In turn: one that is good, one that is about to expire, one that has expired, one of somebody else's.
  const kinds = [
    (sub: string) => sign({ sub, exp: now + LIFETIME_SECONDS }, secret),
    (sub: string) => sign({ sub, exp: now + 60 }, secret),
    (sub: string) => sign({ sub, exp: now - 60 }, secret),
    (sub: string) => sign({ sub, exp: now + LIFETIME_SECONDS }, "another secret"),
  ];
  const tokens = await Promise.all(
    Array.from({ length: settings.tokens }, (_, user) => kinds[user % 4]!(`user ${user}`)),
  );
  const questions = tokens.map((token) => ({ token, secret, now }));

  const verdicts = await run<Verdict[]>(settings, {
    host: () => collect(onHost(questions, revalidate.f), questions.length),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ revalidate });
      try {
        return await collect(pool.map(questions, pool.call.revalidate), questions.length);
      } finally {
        await pool.shutdown();
      }
    },
  });

  for (const state of ["valid", "renewed", "expired", "forged"]) {
    const count = verdicts.filter((verdict) => verdict.state === state).length;
    console.log(`${state.padEnd(8)}${count}`);
  }
  for (const verdict of verdicts) {
    if (verdict.state !== "renewed") continue;
    const claims = await verify(verdict.token, secret);
    if (claims?.sub !== verdict.user) throw new UserError(`Bad token for ${verdict.user}`);
  }
});
