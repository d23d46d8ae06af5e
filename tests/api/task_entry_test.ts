// `knitting/task`: what modules with tasks import, which every worker loads.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as all from "../../mod.ts";
import * as light from "../../task.ts";
import { runProgram } from "../support/program.ts";

/** The modules that are loaded with one: what is imported for its types alone is not. */
function loadedWith(module: URL, found = new Set<string>()): Set<string> {
  if (found.has(module.href)) return found;
  found.add(module.href);
  const source = readFileSync(fileURLToPath(module), "utf8");
  const statements = /^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)";/gm;
  for (const [, specifier] of source.matchAll(statements)) {
    loadedWith(new URL(specifier!, module), found);
  }
  return found;
}

describe("knitting/task", () => {
  it("has the same as knitting", () => {
    for (const name of Object.keys(light) as (keyof typeof light)[]) {
      assert.equal(light[name], all[name], name);
    }
  });

  it("loads nothing that makes pools", () => {
    const loaded = [...loadedWith(new URL("../../task.ts", import.meta.url))];
    assert.ok(loaded.some((href) => href.endsWith("/src/api/definition.ts")));
    const host = loaded.filter((href) =>
      /\/src\/(pool|worker|safety)\/|\/create_pool\.ts$/.test(href)
    );
    assert.deepEqual(host, []);
    assert.ok(loadedWith(new URL("../../mod.ts", import.meta.url)).size > 1.5 * loaded.length);
  });

  it("says what is missing where a pool is asked of a task", async () => {
    const end = await runProgram("task_without_pools.ts");
    assert.equal(end.code, 0, end.stderr);
    assert.match(end.stdout, /^knitting\/task defines tasks and makes no pools: import "knitting"/);
  });
});
