// Hashes the passwords of new users, and lets them log in: with the right password, and with a wrong one.
// PBKDF2 is slow on purpose, so a server should do it elsewhere than where it answers requests.
//
//   deno run -A examples/salt_hashing.ts [options]

import { createPool } from "../mod.ts";
import { hashPassword, verifyPassword } from "./salt_hashing_tasks.ts";
import { run, runExample } from "./support/program.ts";
import { collect, onHost } from "./support/results.ts";

/** Both tasks for many inputs, wherever they run. */
interface Hashing {
  hash(inputs: readonly { password: string; rounds: number }[]): AsyncIterable<string>;
  verify(inputs: readonly { password: string; kept: string }[]): AsyncIterable<boolean>;
}

await runExample({
  name: "salt_hashing",
  about: "Hashes passwords by PBKDF2 with a salt for each, and checks right and wrong ones.",
  options: {
    users: { help: "users, each with a password", default: 16, most: 100_000 },
    rounds: { help: "rounds of PBKDF2", default: 600_000, most: 10_000_000 },
  },
}, async (settings) => {
  const { users, rounds } = settings;
  // Every other user has the same password; thanks to the salts nobody can see it in the hashes.
  const passwords = Array.from({ length: users }, (_, user) => user % 2 ? "12345" : `no ${user}`);

  const signUpAndLogIn = async (hashing: Hashing) => {
    const inputs = passwords.map((password) => ({ password, rounds }));
    const hashes = await collect(hashing.hash(inputs), users);
    const attempts = hashes.flatMap((kept, user) => [
      { password: passwords[user]!, kept },
      { password: passwords[user]! + "?", kept },
    ]);
    const results = await collect(hashing.verify(attempts), attempts.length);
    return {
      distinctHashes: new Set(hashes).size,
      accepted: results.filter((isRight, attempt) => isRight && attempt % 2 === 0).length,
      refused: results.filter((isRight, attempt) => !isRight && attempt % 2 === 1).length,
    };
  };

  const result = await run(settings, {
    host: () =>
      signUpAndLogIn({
        hash: (inputs) => onHost(inputs, hashPassword.f),
        verify: (inputs) => onHost(inputs, verifyPassword.f),
      }),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ hashPassword, verifyPassword });
      try {
        return await signUpAndLogIn({
          hash: (inputs) => pool.map(inputs, pool.call.hashPassword),
          verify: (inputs) => pool.map(inputs, pool.call.verifyPassword),
        });
      } finally {
        await pool.shutdown();
      }
    },
  });

  console.log(`${result.distinctHashes} different hashes of ${new Set(passwords).size} passwords`);
  console.log(`${result.accepted} of ${users} right passwords accepted`);
  console.log(`${result.refused} of ${users} wrong passwords refused`);
});
