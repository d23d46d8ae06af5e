import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parsesUsing, runProgram } from "../support/program.ts";

const hello = '{"four":4,"message":"hello knitting"}\n';

describe("a program with a pool", () => {
  const ends: [how: string, output: string][] = [
    ["shutdown", hello + "shut down\n"],
    ["dispose", hello],
    ["idle", hello],
    ["in flight", hello + "slow done\n"],
  ];
  for (const [how, output] of ends) {
    it(`ends by itself: ${how}`, async () => {
      const end = await runProgram("hello.ts", { args: [how] });
      assert.equal(end.late, false, "it does not end");
      assert.deepEqual({ code: end.code, stdout: end.stdout }, { code: 0, stdout: output });
    });
  }

  it("can say using and await using", {
    skip: parsesUsing ? false : "this runtime cannot read using",
  }, async () => {
    const end = await runProgram("using.ts");
    assert.deepEqual(
      { code: end.code, stdout: end.stdout },
      { code: 0, stdout: "using 9\nawait using 16\n" },
    );
  });
});
