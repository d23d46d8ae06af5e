// `import "knitting"` on Bun: what makes pools is loaded with the first of them.

import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bun, installed, runners, type User } from "./user.ts";

/** How often what makes pools has been loaded, as it says of itself below. */
const COUNT = "\nglobalThis.loads = (globalThis.loads ?? 0) + 1;\n";

const PROGRAM = `
import * as knitting from "knitting";
const { createPool, isMain, task } = knitting;

export const loads = task({ f: () => globalThis.loads ?? 0 });
const atFirst = globalThis.loads ?? 0;
const inert = isMain ? undefined : createPool({})({ loads });
export const refused = task({
  f: () => { try { inert.call.loads(); } catch (error) { return error.code; } },
});

if (isMain) {
  const results = {};
  if (process.argv[2] === "single") {
    const pool = loads.createPool({});
    results.inWorker = await pool.call();
    await pool.shutdown();
  } else {
    const pool = createPool({ threads: 1 })({ loads, refused });
    results.refused = await pool.call.refused();
    results.inWorker = await pool.call.loads();
    const another = createPool({ threads: 1 })({ loads });
    await another.call.loads();
    await Promise.all([pool.shutdown(), another.shutdown()]);
  }
  let fault;
  try { createPool({ thread: 1 }); } catch (error) { fault = error; }
  const main = await import(new URL("./node_modules/knitting/mod.js", import.meta.url));
  console.log(JSON.stringify({
    module: import.meta.resolve("knitting").split("/").at(-1),
    atFirst,
    ...results,
    loads: globalThis.loads,
    names: Object.keys(knitting).sort().join() === Object.keys(main).sort().join(),
    fault: fault.message.includes("thread"),
  }));
}
`;

describe("what makes pools", () => {
  let user: User;
  before(() => {
    user = installed();
    user.write("main.mjs", PROGRAM);
    appendFileSync(join(user.folder, "node_modules/knitting/src/api/create_pool.js"), COUNT);
  });
  after(() => user.remove());

  const run = (command: readonly string[]) => {
    const { code, stdout, stderr } = user.run(command);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  for (const { name, command } of runners) {
    const isLazy = name === "bun";

    it(`is loaded ${isLazy ? "with the first of them, and by no worker" : "at once"} on ${name}`, () => {
      assert.deepEqual(run([...command, "main.mjs"]), {
        module: isLazy ? "lazy.js" : "mod.js",
        atFirst: isLazy ? 0 : 1,
        refused: "KNT_ERROR_NOT_MAIN",
        inWorker: isLazy ? 0 : 1,
        loads: 1,
        names: true,
        fault: true,
      });
    });

    it(`is loaded with the pool of a single task on ${name}`, () => {
      const { inWorker, loads } = run([...command, "main.mjs", "single"]);
      assert.deepEqual([inWorker, loads], [isLazy ? 0 : 1, 1]);
    });
  }

  it("is in a bundle that Bun makes of a program which asks a task for its pool", () => {
    user.write(
      "app.mjs",
      `
import { isMain, setModuleUrl, task } from "knitting";
setModuleUrl(import.meta.url);
export const add = task({ f: ([a, b]) => a + b });
if (isMain) {
  const pool = add.createPool({});
  console.log(await pool.call([2, 3]));
  await pool.shutdown();
}
`,
    );
    const [program] = bun.command as [string];
    const built = user.run([program, "build", "app.mjs", "--target=bun", "--outdir=dist"]);
    assert.equal(built.code, 0, built.stderr);
    assert.equal(run([...bun.command, "dist/app.js"]), 5);
  });
});
