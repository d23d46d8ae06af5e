import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { compilers, installed, runners, type User } from "./user.ts";

const PROGRAM = `
const { createPool, isMain, task } = require("knitting");
const { ProcessSharedBuffer } = require("knitting/shared-memory");

exports.add = ([a, b]) => a + b;
exports.double = task({ f: (value) => value * 2 });
exports.read = (shared) => shared.view(Int32Array)[0];

async function main() {
  const results = [];
  for (const runtime of ["thread", "process"]) {
    const { add, double, read } = exports;
    const pool = createPool({ worker: { runtime, processRuntime: PROCESS_RUNTIME } })({ add, double, read });
    const shared = ProcessSharedBuffer.create(64);
    shared.view(Int32Array)[0] = 7;
    results.push([await pool.call.add([2, 3]), await pool.call.double(4), await pool.call.read(shared)]);
    shared.close();
    await pool.shutdown();
  }
  console.log(JSON.stringify(results));
}

if (isMain) main();
`;

const TYPED = `
import knitting = require("knitting");
const add = ([a, b]: [number, number]): number => a + b;
const pool = knitting.createPool({})({ add });
export const sum: Promise<number> = pool.call.add([1, 2]);
`;

describe("a program in CommonJS", () => {
  let user: User;
  before(() => {
    user = installed();
  });
  after(() => user.remove());

  for (const { name, command } of runners) {
    it(`requires the package on ${name}`, () => {
      const [runtime] = name.split(" ");
      user.write("main.cjs", PROGRAM.replace("PROCESS_RUNTIME", JSON.stringify(runtime)));
      const { code, stdout, stderr } = user.run([...command, "main.cjs"]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), [[5, 8, 7], [5, 8, 7]]);
    });
  }

  for (const version of ["5.9.3", "7.0.2"]) {
    it(`compiles with TypeScript ${version}`, () => {
      user.write("main.cts", TYPED);
      const lib = ["es2022", "dom"];
      const compilerOptions = { module: "nodenext", strict: true, noEmit: true, types: [], lib };
      user.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["main.cts"] }));
      const { code, stdout } = user.run([process.execPath, "run", "-A", compilers[version]!]);
      assert.equal(stdout, "");
      assert.equal(code, 0);
    });
  }
});
