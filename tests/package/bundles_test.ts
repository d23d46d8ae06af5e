import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertPrints, esbuild, RESULT, Shop, succeed, tool } from "./shop.ts";
import { bun, deno, nodes } from "./user.ts";

const runners = { node: nodes[0]!, deno, bun };
type Runtime = keyof typeof runners;
const EVERYWHERE: readonly Runtime[] = ["node", "deno", "bun"];

const rollup = [
  ...tool("rollup/dist/bin/rollup"),
  "javascript/app.js",
  "--plugin=node-resolve",
  "--external=/^node:/",
  "--dir=dist",
  "--silent",
];
const vite = [...tool("vite/bin/vite.js"), "build", "--ssr=app.ts", "--logLevel=error"];
const bunBuild = [bun.command[0]!, "build", "app.ts", "--outdir=dist"];

/** A way to make a bundle that can be run from anywhere. */
interface Bundler {
  readonly name: string;
  readonly command: readonly string[];
  /** What is made. Default `app.js`. */
  readonly file?: string;
  readonly runtimes?: readonly Runtime[];
}

const BUNDLERS: readonly Bundler[] = [
  { name: "esbuild", command: esbuild("esm", "app.ts") },
  { name: "esbuild, minified", command: esbuild("esm", "--minify", "app.ts") },
  {
    name: "esbuild, in chunks",
    command: esbuild("esm", "--minify", "--splitting", "app.ts", "tasks.ts"),
  },
  {
    name: "esbuild, in CommonJS",
    command: esbuild("cjs", "--minify", "--out-extension:.js=.cjs", "app.ts"),
    file: "app.cjs",
  },
  { name: "Rollup", command: rollup },
  { name: "Vite", command: [...vite, "--minify=false"] },
  { name: "Vite, minified", command: [...vite, "--minify"] },
  {
    name: "bun build",
    command: [...bunBuild, "--target=bun"],
    runtimes: ["bun"],
  },
  {
    name: "bun build, minified",
    command: [...bunBuild, "--target=bun", "--minify"],
    runtimes: ["bun"],
  },
  {
    name: "bun build for Node, minified",
    command: [...bunBuild, "--target=node", "--minify"],
    runtimes: ["node"],
  },
];

/** What is in the package for its effect alone is left out. */
const DROPPING = `
const drop = (code, id) => id.includes("knitting") ? { code, moduleSideEffects: false } : undefined;
export default { plugins: [{ name: "drop", transform: drop }] };
`;

/** Tasks that workers cannot find in a bundle without the library: it has not been told that it is one. */
const HIDDEN = `
import { createPool, isMain, task } from "knitting";

const hidden = task({ f: (value: number) => value * 2 });
const bare = (value: number) => value * 2;

async function main() {
  const { call, shutdown } = createPool({})({ hidden, bare });
  const calls = await Promise.allSettled([call.hidden(1), call.bare(1)]);
  console.log(JSON.stringify(calls.map((call) => call.status === "rejected" && call.reason.message)));
  await shutdown();
}

if (isMain) void main();
`;

describe("a program in a bundle", () => {
  let shop: Shop;
  before(() => {
    shop = new Shop();
    shop.developer.write("vite.config.js", "export default { ssr: { noExternal: true } };");
    // Rollup reads nothing but JavaScript.
    const strip = tool("esbuild/bin/esbuild");
    succeed(shop.developer, [...strip, "app.ts", "--outdir=javascript"]);
    succeed(shop.developer, [...strip, "tasks.ts", "--outfile=javascript/tasks.ts"]);
  });
  after(() => shop.remove());

  for (const { name, command, file = "app.js", runtimes = EVERYWHERE } of BUNDLERS) {
    it(`runs threads and processes: ${name}`, () => {
      const place = name.replaceAll(/\W+/g, "-");
      shop.build(command, place);
      shop.addPrebuilds(place);
      for (const runtime of runtimes) {
        assertPrints(shop.user, [...runners[runtime].command, `${place}/${file}`], RESULT);
      }
    });
  }

  for (const args of [[], ["--splitting"]]) {
    it(`runs workers from a module of its own: esbuild ${args.join(" ")}`, () => {
      const place = `source${args.length}`;
      shop.build(esbuild("esm", "--minify", ...args, "app.ts", "worker.ts"), place);
      shop.addPrebuilds(place);
      for (const runtime of EVERYWHERE) {
        const { command } = runners[runtime];
        assertPrints(shop.user, [...command, `${place}/app.js`, "both", "./worker.js"], RESULT);
      }
    });
  }

  it("keeps source maps from leading workers to the sources", () => {
    shop.build(esbuild("esm", "--minify", "--sourcemap", "app.ts"), "mapped");
    shop.addPrebuilds("mapped");
    const { command } = runners.node;
    assertPrints(shop.user, [...command, "--enable-source-maps", "mapped/app.js"], RESULT);
    for (const { command } of [deno, bun]) {
      assertPrints(shop.user, [...command, "mapped/app.js"], RESULT);
    }
  });

  it("imports the library that is installed, if the bundle leaves it out", () => {
    succeed(shop.developer, esbuild("esm", "--minify", "--external:knitting", "app.ts"));
    for (const runtime of EVERYWHERE) {
      assertPrints(shop.developer, [...runners[runtime].command, "dist/app.js"], RESULT);
    }
  });

  it("says where native files are expected", () => {
    shop.build(esbuild("esm", "--minify", "app.ts"), "bare");
    for (const { command } of Object.values(runners)) {
      const { code, stderr } = shop.user.run([...command, "bare/app.js"]);
      assert.notEqual(code, 0);
      assert.match(stderr, /Put the folder prebuilds of the npm package beside the bundle/);
      assertPrints(shop.user, [...command, "bare/app.js", "thread"], { thread: RESULT.thread });
    }
  });

  it("says what to write if a task is not to be found", () => {
    shop.developer.write("hidden.ts", HIDDEN);
    succeed(shop.developer, esbuild("esm", "--minify", "--external:knitting", "hidden.ts"));
    const { stdout } = succeed(shop.developer, [...runners.node.command, "dist/hidden.js"]);
    const messages: string[] = JSON.parse(stdout);
    assert.equal(messages.length, 2);
    for (const message of messages) {
      assert.match(message, /In a bundle, call setModuleUrl\(import\.meta\.url\) and then task\(/);
    }
  });

  it("says what to write if the bundler has dropped what workers run", () => {
    shop.developer.write("rollup.config.js", DROPPING);
    shop.build([...rollup, "--config"], "dropped");
    const command = [...runners.node.command, "dropped/app.js", "thread"];
    const { code, stderr } = shop.user.run(command);
    assert.notEqual(code, 0);
    assert.match(stderr, /give createPool a source: a module of its own/);
    shop.build(esbuild("esm", "worker.ts"), "dropped");
    assertPrints(shop.user, [...command, "./worker.js"], { thread: RESULT.thread });
  });
});
