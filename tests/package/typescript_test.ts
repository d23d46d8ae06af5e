import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { compilers, installed, nodes, runners, type User } from "./user.ts";

const PROGRAM = `
import { createPool, Envelope, isMain, KnittingError, type Options, type Pool } from "knitting";
import * as alias from "knitting/process-shared-buffer";
import { ProcessSharedBuffer } from "knitting/shared-memory";
import { task } from "knitting/task";
import { BufferReference } from "knitting/unsafe";
import { bufferToJson, jsonToBuffer } from "knitting/utils";

export const add = ([a, b]: [number, number]): number => a + b;
export const late = task({
  timeout: { time: 60_000, default: "late" },
  f: async (name: string) => "hello " + name,
});
export const count = (rows: SharedArrayBuffer) => bufferToJson<number[]>(rows).length;
export const read = (shared: ProcessSharedBuffer): number => shared.view(Int32Array)[0]!;
export const wrap = (bytes: Uint8Array) => new Envelope({ size: bytes.length }, new ArrayBuffer(1));
export const size = (reference: BufferReference): number => reference.byteLength;

const options: Options = { threads: 2, worker: { resolveAfterFinishingAll: true } };

async function main(): Promise<void> {
  const pool = createPool(options)({ add, late, count, read, wrap, size });
  const same: Pool<{ add: typeof add }>["call"]["add"] = pool.call.add;
  // @ts-expect-error: a tuple of numbers
  const wrong = () => pool.call.add("2");
  // @ts-expect-error: there is no such task
  const missing = () => pool.call.subtract([1, 2]);
  const sum: number = await same([2, 3]);
  const hello: string = await pool.call.late(Promise.resolve("you"));
  const rows: number = await pool.call.count(jsonToBuffer([1, 2, 3]));
  const header: { size: number } = (await pool.call.wrap(new Uint8Array(4))).header;
  const moved: number = await pool.call.size(new BufferReference(new Uint8Array(3)));
  const shared: alias.ProcessSharedBuffer = ProcessSharedBuffer.create(64);
  const cell: number = await pool.call.read(shared);
  shared.close();
  await pool.shutdown();
  const code: unknown = await wrong().catch((error: KnittingError) => error.code);
  console.log(JSON.stringify({ sum, hello, rows, header, moved, cell, code, missing: typeof missing }));
}

if (isMain) void main();
`;

const RESULT = {
  sum: 5,
  hello: "hello you",
  rows: 3,
  header: { size: 4 },
  moved: 3,
  cell: 0,
  code: "KNT_ERROR_CLOSED",
  missing: "function",
};

const RESOLUTIONS = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

describe("a program in TypeScript", () => {
  let user: User;
  before(() => {
    user = installed();
    user.write("main.mts", PROGRAM);
  });
  after(() => user.remove());

  for (const [version, compiler] of Object.entries(compilers)) {
    for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
      it(`compiles with TypeScript ${version}, ${name}, and without other types`, () => {
        const outDir = `out_${version}_${name}`;
        const compilerOptions = {
          ...resolution,
          target: "es2022",
          lib: ["es2022", "dom"],
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: false,
          outDir,
        };
        const config = JSON.stringify({ compilerOptions, files: ["main.mts"] });
        user.write(`tsconfig.${outDir}.json`, config);
        const args = [compiler, "-p", `tsconfig.${outDir}.json`, "--pretty", "false"];
        const { code, stdout } = user.run([process.execPath, "run", "-A", ...args]);
        assert.equal(stdout, "");
        assert.equal(code, 0);
        const ran = user.run([...nodes[0]!.command, `${outDir}/main.mjs`]);
        assert.deepEqual(JSON.parse(ran.stdout), RESULT, ran.stderr);
      });
    }
  }

  for (const { name, command } of runners) {
    it(`runs as it is on ${name}`, () => {
      const { code, stdout, stderr } = user.run([...command, "main.mts"]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), RESULT);
    });
  }

  it("compiles with the types of Deno", () => {
    const { code, stderr } = user.run([process.execPath, "check", "--quiet", "main.mts"]);
    assert.equal(code, 0, stderr);
  });
});
