// The tasks of salt_hashing.ts: what a server keeps of a password, and how it checks one.

import { pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { task } from "../mod.ts";

const HASH_BYTES = 32;

/** Hashes a password with a new salt: `pbkdf2-sha256$rounds$salt$hash`. */
export const hashPassword = task({
  f: ({ password, rounds }: { password: string; rounds: number }): string => {
    const salt = randomBytes(16);
    const hash = pbkdf2Sync(password, salt, rounds, HASH_BYTES, "sha256");
    return ["pbkdf2-sha256", rounds, salt.toString("base64"), hash.toString("base64")].join("$");
  },
});

/** Whether this is the password that was hashed; takes as long for any wrong one. */
export const verifyPassword = task({
  f: ({ password, kept }: { password: string; kept: string }): boolean => {
    const [kind, rounds, salt = "", hash = ""] = kept.split("$");
    if (kind !== "pbkdf2-sha256") throw new TypeError(`Cannot verify a hash of kind "${kind}"`);
    const expected = Buffer.from(hash, "base64");
    const saltBytes = Buffer.from(salt, "base64");
    const actual = pbkdf2Sync(password, saltBytes, Number(rounds), HASH_BYTES, "sha256");
    return timingSafeEqual(actual, expected);
  },
});
