import assert from "node:assert/strict";
import { createHmac, pbkdf2Sync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { revalidate, sign, verify } from "../../examples/jwt_tasks.ts";
import { hashPassword, verifyPassword } from "../../examples/salt_hashing_tasks.ts";
import { fitChat, type Message } from "../../examples/token_budget_tasks.ts";
import { outputOfBoth, withFolder } from "../support/example.ts";

describe("examples/salt_hashing.ts", () => {
  it("accepts right passwords alone", async () => {
    const printed = await outputOfBoth("salt_hashing", ["--users", "6", "--rounds", "1000"]);
    assert.equal(
      printed,
      "6 different hashes of 4 passwords\n" +
        "6 of 6 right passwords accepted\n" +
        "6 of 6 wrong passwords refused\n",
    );
  });

  it("keeps what PBKDF2 makes of password and salt", async () => {
    const kept = await hashPassword.f({ password: "p", rounds: 10 });
    const [kind, rounds, salt = "", hash] = kept.split("$");
    assert.deepEqual([kind, rounds], ["pbkdf2-sha256", "10"]);
    const expected = pbkdf2Sync("p", Buffer.from(salt, "base64"), 10, 32, "sha256");
    assert.equal(hash, expected.toString("base64"));
  });

  it("verifies no hashes of other kinds", async () => {
    await assert.rejects(async () => await verifyPassword.f({ password: "p", kept: "md5$1$a$b" }), {
      name: "TypeError",
      message: 'Cannot verify a hash of kind "md5"',
    });
  });
});

describe("examples/jwt_revalidation.ts", () => {
  it("tells good tokens from those to renew, expired and forged ones", async () => {
    const printed = await outputOfBoth("jwt_revalidation", ["--tokens", "42"]);
    assert.equal(printed, "valid   11\nrenewed 11\nexpired 10\nforged  10\n");
  });

  const now = 1_000_000;
  const secret = "secret";

  it("signs as others do", async () => {
    const token = await sign({ sub: "ann", exp: now }, secret);
    const [header = "", payload = "", signature] = token.split(".");
    assert.deepEqual(JSON.parse(Buffer.from(header, "base64url").toString()), {
      alg: "HS256",
      typ: "JWT",
    });
    const expected = createHmac("sha256", secret).update(`${header}.${payload}`);
    assert.equal(signature, expected.digest("base64url"));
  });

  it("renews ten minutes before the end, with the same user", async () => {
    const at = async (exp: number) => {
      const token = await sign({ sub: "ann", exp }, secret);
      return await revalidate.f({ token, secret, now });
    };
    assert.deepEqual(await at(now + 601), { state: "valid", user: "ann" });
    assert.deepEqual(await at(now), { state: "expired" });
    const verdict = await at(now + 600);
    assert.ok(verdict.state === "renewed");
    assert.deepEqual(await verify(verdict.token, secret), { sub: "ann", exp: now + 3600 });
  });

  it("refuses what was changed, and what is no token", async () => {
    const token = await sign({ sub: "ann", exp: now + 900 }, secret);
    const [header, , signature] = token.split(".");
    const payload = Buffer.from(JSON.stringify({ sub: "bob", exp: now + 900 }));
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    const forged = [
      "",
      "a.b.c",
      `${header}.${payload.toString("base64url")}.${signature}`,
      `${none}.${payload.toString("base64url")}.`,
      `${token}.more`,
    ];
    for (const one of forged) {
      assert.deepEqual(await revalidate.f({ token: one, secret, now }), { state: "forged" }, one);
    }
  });
});

describe("examples/zod_validation.ts", () => {
  it("counts valid orders, and says what is wrong with the others", async () => {
    const id = "0d9c1f4e-6a3b-4c1d-9e2f-5a6b7c8d9e0f";
    const order = {
      id,
      email: "ann@example.com",
      placed: "2026-01-01T00:00:00Z",
      items: [{ name: "wool", cents: 750, count: 2 }],
    };
    const lines = [
      order,
      { ...order, items: [{ name: "needles", cents: 1, count: 1 }] },
      { ...order, id: 7, email: "ann" },
      { ...order, items: [] },
    ].map((value) => JSON.stringify(value));
    await withFolder(async (folder) => {
      const file = join(folder, "orders.jsonl");
      writeFileSync(file, [...lines, "{", ""].join("\n"));
      const printed = await outputOfBoth("zod_validation", [file]);
      const [counts, ...faults] = printed.trimEnd().split("\n");
      assert.equal(counts, "2 of 5 orders are valid, worth $15.01");
      const places = faults.map((fault) => fault.replace(/^1 times ([^:]*).*$/, "$1"));
      assert.deepEqual(places, ["email", "id", "items", "not JSON"]);
    });
  });
});

describe("examples/token_budget.ts", () => {
  const words = (count: number): string => Array(count).fill("the").join(" ");
  const message = (role: Message["role"], tokens: number): Message => {
    return { role, content: words(tokens - 4) };
  };

  it("trims the chat of a file to its budget", async () => {
    await withFolder(async (folder) => {
      const file = join(folder, "chat.txt");
      writeFileSync(file, Array(10).fill(words(16)).join("\n\n"));
      const printed = await outputOfBoth("token_budget", [file, "--budget", "75"]);
      const [, before, after] = /tokens (\d+) -> (\d+)$/m.exec(printed)!.map(Number);
      assert.match(printed, /messages 11 -> 4,/);
      assert.equal(before! - after!, 7 * 20);
      assert.ok(after! <= 75);
    });
  });

  it("leaves out the oldest messages, as few as will do, and no instructions", async () => {
    const messages = [
      message("user", 20),
      message("system", 10),
      message("assistant", 20),
      message("user", 20),
    ];
    const fit = async (budget: number) => {
      const { messages: kept, tokens, tokensBefore } = await fitChat.f({ messages, budget });
      assert.equal(tokensBefore, 70);
      return [tokens, kept.map((one) => messages.indexOf(one))];
    };
    assert.deepEqual(await fit(70), [70, [0, 1, 2, 3]]);
    assert.deepEqual(await fit(69), [50, [1, 2, 3]]);
    assert.deepEqual(await fit(30), [30, [1, 3]]);
    assert.deepEqual(await fit(1), [10, [1]]);
  });
});
