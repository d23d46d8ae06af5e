import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outputOf, outputOfBoth } from "../support/example.ts";
import { runtimeName } from "../support/program.ts";

describe("examples/shared_counter.ts", () => {
  it("loses nothing of what two processes count", async () => {
    const args = ["--calls", "4", "--times", "50000", "--threads", "2"];
    const { stdout } = await outputOf("shared_counter", args);
    assert.equal(stdout, "4 calls added one 50000 times each: the counter is at 200000\n");
  });
});

describe("examples/cross_runtime.ts", () => {
  const other = runtimeName === "bun" ? "node" : "bun";

  it("computes on another runtime what this one computes", async () => {
    const printed = await outputOfBoth("cross_runtime", ["--runtime", other, "--numbers", "5000"]);
    const [, mean, deviation] = /^mean (\d\.\d{6}), deviation (\d\.\d{6})$/m.exec(printed)!;
    assert.ok(Math.abs(Number(mean) - 0.5) < 0.02, printed);
    assert.ok(Math.abs(Number(deviation) - Math.sqrt(1 / 12)) < 0.02, printed);
    const who = new RegExp(`^asked by ${runtimeName} [\\d.]+, computed by ${other} [\\d.]+$`, "m");
    assert.match(printed, who);
  });
});

describe("examples/sandboxed_plugin.ts", () => {
  const counted = '"knit" was counted 3 times, "purl" 2 times\n';
  const acts = [
    "read a file of the host",
    "write to it",
    "read the environment",
    "talk to a server",
    "start a program",
  ];
  const report = (word: string) => acts.map((act) => `${word.padEnd(9)}  ${act}\n`).join("");

  it("lets a plugin compute and do nothing else, whatever it could do on the host", async () => {
    const { stdout } = await outputOf("sandboxed_plugin", ["--time"]);
    assert.equal(stdout, report("succeeded") + report("failed") + counted);
  });
});
