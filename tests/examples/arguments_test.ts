import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { readArguments } from "../../examples/support/program.ts";
import { outputOf } from "../support/example.ts";

const FOLDER = new URL("../../examples/", import.meta.url);

describe("arguments of examples", () => {
  const description = {
    name: "work",
    about: "Works.",
    options: {
      rounds: { help: "how often", default: 5, least: 2, most: 9 },
      file: { help: "where to", value: "FILE" },
      runtime: { help: "on what", value: "NAME", default: "bun", oneOf: ["bun", "node"] },
    },
    positionals: { value: "folder", help: "where from", most: 1 },
  } as const;

  it("have defaults", () => {
    const settings = readArguments(description, ["--threads", "3"]);
    assert.deepEqual(settings, {
      rounds: 5,
      file: undefined,
      runtime: "bun",
      threads: 3,
      host: false,
      time: false,
      positionals: [],
    });
  });

  it("are read", () => {
    const args = "a --rounds 9 --file b --runtime node --threads 1024 --host".split(" ");
    const settings = readArguments(description, args);
    assert.deepEqual(settings, {
      rounds: 9,
      file: "b",
      runtime: "node",
      threads: 1024,
      host: true,
      time: false,
      positionals: ["a"],
    });
  });

  const mistakes: [args: string, message: RegExp][] = [
    ["--rounds 1", /^--rounds must be a whole number from 2 to 9, received "1"$/],
    ["--rounds 10", /^--rounds must be a whole number from 2 to 9, received "10"$/],
    ["--rounds 2.5", /^--rounds must be a whole number from 2 to 9, received "2\.5"$/],
    ["--rounds=", /^--rounds must be a whole number from 2 to 9, received ""$/],
    ["--threads 0", /^--threads must be a whole number from 1 to 1024, received "0"$/],
    ["--runtime deno", /^--runtime must be one of bun, node, received "deno"$/],
    ["--speed 1", /--speed.*\nUsage: work \[folder\] \[options\]$/],
    ["--file", /--file.*\nUsage: work /],
    ["a b", /^Cannot take more than one folder\nUsage: work /],
    ["--host --time", /^--host and --time exclude each other: --time does both$/],
  ];
  for (const [args, message] of mistakes) {
    it(`are refused: ${args}`, () => {
      assert.throws(() => readArguments(description, args.split(" ")), { message });
    });
  }

  it("have no --host and --time where both are done anyway", () => {
    const both = { ...description, alwaysBoth: true };
    assert.throws(() => readArguments(both, ["--time"]), { message: /'--time'.*\nUsage: work / });
  });

  it("are explained by --help", async () => {
    const { stdout } = await outputOf("big_primes", ["--help"]);
    assert.match(
      stdout,
      /^Usage: big_primes \[options\]\n\nFinds the primes .*\n\n {2}--digits N +/,
    );
    assert.match(stdout, /^ {2}--threads N +workers of the pool \(default \d+\)$/m);
  });
});

describe("examples/README.md", () => {
  it("has a command for each example", () => {
    const readme = readFileSync(new URL("README.md", FOLDER), "utf8");
    const commands = [...readme.matchAll(/examples\/(\w+)\.ts/g)].map(([, name]) => name);
    const examples = readdirSync(FOLDER).filter((name) =>
      name.endsWith(".ts") &&
      readFileSync(new URL(name, FOLDER), "utf8").includes("await runExample(")
    );
    assert.ok(examples.length > 3);
    for (const name of examples) assert.ok(commands.includes(name.replace(/\.ts$/, "")), name);
  });
});
