import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { assertPrints, esbuild, RESULT, Shop, succeed } from "./shop.ts";
import { bun, deno, User } from "./user.ts";

const END = process.platform === "win32" ? ".exe" : "";

/**
 * Why `deno compile` cannot be tested here, if so: it downloads the program that it puts into every
 * executable.
 */
function whyNoDenoCompile(): string | false {
  const user = new User();
  try {
    const script = user.write("empty.js", "");
    const { code } = user.run([deno.command[0]!, "compile", "--quiet", "--output=empty", script]);
    return code !== 0 && "deno compile cannot get the program that it adds code to (denort)";
  } finally {
    user.remove();
  }
}

describe("a program in an executable", () => {
  let shop: Shop;
  before(() => {
    shop = new Shop();
  });
  after(() => shop.remove());

  for (const minify of [[], ["--minify"]]) {
    it(`runs threads and processes: bun build --compile ${minify.join(" ")}`, () => {
      const place = `bun${minify.length}`;
      const compile = [bun.command[0]!, "build", "app.ts", "--compile", `--outfile=dist/app${END}`];
      shop.build([...compile, ...minify], place);
      const command = [join(shop.user.folder, place, `app${END}`)];
      assertPrints(shop.user, [...command, "thread"], { thread: RESULT.thread });
      const { code, stderr } = shop.user.run(command);
      assert.notEqual(code, 0);
      assert.match(stderr, /Put the folder prebuilds .* or the executable/);
      shop.addPrebuilds(place);
      assertPrints(shop.user, command, RESULT);
      const other = shop.user.run([...command, "both", "", "deno"]);
      assert.match(other.stderr, /processRuntime must be "bun" in an executable of it/);
    });
  }

  it("runs threads: deno compile of a bundle", { skip: whyNoDenoCompile() }, () => {
    succeed(shop.developer, esbuild("esm", "--minify", "app.ts"));
    const output = join(shop.user.folder, `deno${END}`);
    const compile = [deno.command[0]!, "compile", "-A", "--quiet", `--output=${output}`];
    succeed(shop.developer, [...compile, "dist/app.js"]);
    assertPrints(shop.user, [output, "thread"], { thread: RESULT.thread });
  });
});
