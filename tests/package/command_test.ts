import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { reachable } from "../../scripts/npm_modules.ts";
import type { Report } from "../../src/cli/report.ts";
import { oldestSupported } from "../../src/runtime/supported.ts";
import { bun, deno, type Ending, installed, nodes, type User } from "./user.ts";

const DOCTOR = ["doctor", "--quick", "--json"];
/** As if these were not installed. */
const ALONE = { DENO_BINARY: "/no/deno", BUN_BINARY: "/no/bun" };

function reportOf({ code, stdout, stderr }: Ending): Report {
  assert.equal(code, 0, `${stdout}${stderr}`);
  return JSON.parse(stdout);
}

/** The kinds of workers that were tried, all with success. */
function triedIn({ knitting, ok, native, selfTest }: Report): string[] {
  assert.deepEqual([knitting !== null, ok, native.available], [true, true, true]);
  const tried = selfTest.subjects.filter(({ available, sandbox }) => available && sandbox === null);
  assert.ok(tried.every(({ ok, latency }) => ok && latency !== null));
  return tried.map(({ name }) => name);
}

/** A Node on PATH that the library does not run on. */
function findOldNode(): string | undefined {
  return (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node")).find(
    (path) => {
      const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
      return Number.parseInt(stdout?.slice(1) ?? "") < oldestSupported.node;
    },
  );
}

describe("the command of the package", () => {
  let user: User;
  before(() => {
    user = installed();
  });
  after(() => user.remove());

  it("is what npx runs", () => {
    const shell = process.platform === "win32" ? ["cmd", "/c"] : [];
    const report = reportOf(user.run([...shell, "npx", "--no-install", "knitting", ...DOCTOR]));
    assert.equal(report.runtime.name, "node");
    assert.deepEqual(
      triedIn(report),
      ["threads", "node processes", "deno processes", "bun processes"],
    );
  });

  it("is what bunx runs, where node is Bun, too", () => {
    const [program] = bun.command;
    const report = reportOf(user.run([program!, "x", "--bun", "knitting", ...DOCTOR]));
    assert.equal(report.runtime.name, "bun");
    assert.deepEqual(triedIn(report).filter((name) => !name.startsWith("node")), [
      "threads",
      "bun processes",
      "deno processes",
    ]);
  });

  it("is what deno runs by the name of the package", () => {
    const report = reportOf(user.run([...deno.command, "npm:knitting", ...DOCTOR]));
    assert.equal(report.runtime.name, "deno");
    assert.deepEqual(
      triedIn(report),
      ["threads", "deno processes", "node processes", "bun processes"],
    );
  });

  for (const { name, command } of nodes) {
    it(`runs on ${name}`, () => {
      const path = "node_modules/knitting/cli.js";
      const report = reportOf(user.run([...command, path, ...DOCTOR], ALONE));
      assert.deepEqual(triedIn(report), ["threads", "node processes"]);
    });
  }

  const old = findOldNode();
  it("says so where Node is too old", { skip: old === undefined }, () => {
    const { code, stdout } = user.run([old!, "node_modules/.bin/knitting", ...DOCTOR]);
    const { ok, runtime, problems, selfTest }: Report = JSON.parse(stdout);
    assert.deepEqual([code, ok, runtime.supported, selfTest.subjects], [1, false, false, []]);
    const [{ about, code: found, fatal }] = problems as [Report["problems"][0]];
    assert.deepEqual([about, found, fatal], ["runtime", "KNT_DOCTOR_VERSION", true]);
  });

  it("is loaded by nothing that is imported", () => {
    const folder = join(user.folder, "node_modules/knitting");
    const { exports } = JSON.parse(
      user.run([...nodes[0]!.command, "-p", "JSON.stringify(require('knitting/package.json'))"])
        .stdout,
    );
    const entries = Object.values<string | { default: string }>(exports)
      .map((target) => typeof target === "string" ? target : target.default)
      .filter((path) => path.endsWith(".js") && path !== "./browser.js")
      .map((path) => path.slice(2));
    const loaded = reachable(folder, entries, "all");
    assert.ok(loaded.includes("mod.js") && loaded.includes("src/shared.js"));
    assert.deepEqual(loaded.filter((path) => /cli|message_echo/.test(path)), []);
  });
});
