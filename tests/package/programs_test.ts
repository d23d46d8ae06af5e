import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bun, installed, runners, tarball, User } from "./user.ts";

/** A program in JavaScript, all in one module, as in the README. */
const PROGRAM = `
import { createPool, isMain, KnittingError } from "knitting";
import * as alias from "knitting/process-shared-buffer";
import { ProcessSharedBuffer } from "knitting/shared-memory";
import { task } from "knitting/task";
import { BufferReference } from "knitting/unsafe";
import { bufferToString, stringToBuffer } from "knitting/utils";
import about from "knitting/package.json" with { type: "json" };

export const add = ([a, b]) => a + b;
export const fails = () => { throw new RangeError("too large"); };
export const increment = (shared) => Atomics.add(shared.view(Int32Array), 0, 1);
export const invert = task({
  f: (reference) => new BufferReference(reference.toUint8Array().map((byte) => 255 - byte)),
});
export const runtime = () => "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
export const shout = (text) => bufferToString(text).toUpperCase();

async function use(options, inThread) {
  const pool = createPool(options)({ add, fails, increment, invert, runtime, shout });
  try {
    const shared = ProcessSharedBuffer.create(64);
    await pool.call.increment(shared);
    const [sum, error, name, counter] = [
      await pool.call.add([2, 3]),
      await pool.call.fails().catch((error) => [
        error.constructor.name,
        error.message,
        error.stack.includes("main.mjs") && !error.stack.includes("node_modules"),
      ]),
      await pool.call.runtime(),
      shared.view(Int32Array)[0],
    ];
    shared.close();
    const moved = inThread && [...(await pool.call.invert(new BufferReference(new Uint8Array([1, 2])))).toUint8Array()];
    const text = inThread && await pool.call.shout(stringToBuffer("quiet"));
    return { sum, error, name, counter, moved, text };
  } finally {
    await pool.shutdown();
  }
}

if (isMain) {
  const thread = await use({ threads: 2 }, true);
  const processes = [];
  for (const processRuntime of ["node", "deno", "bun"]) {
    processes.push(await use({ worker: { runtime: "process", processRuntime } }, false));
  }
  const isAlias = alias.ProcessSharedBuffer === ProcessSharedBuffer;
  const names = [KnittingError.name, ProcessSharedBuffer.name, BufferReference.name];
  console.log(JSON.stringify({ thread, processes, isAlias, names, about: about.name }));
}
`;

const RESULT = { sum: 5, error: ["RangeError", "too large", true], counter: 1 };

describe("a program in JavaScript", () => {
  let user: User;
  before(() => {
    user = installed();
    user.write("main.mjs", PROGRAM);
    // Here alone can be asked what the package means by it.
    user.write("node_modules/knitting/ask.mjs", 'console.log(import.meta.resolve("#adapter"));\n');
  });
  after(() => user.remove());

  it("installs nothing but the package", () => {
    const names = readdirSync(join(user.folder, "node_modules"));
    assert.deepEqual(names.filter((name) => !name.startsWith(".")), ["knitting"]);
  });

  it("installs with bun, too", () => {
    const other = new User();
    try {
      other.write("package.json", "{}");
      const { code, stderr } = other.run([bun.command[0]!, "add", tarball]);
      assert.equal(code, 0, stderr);
      other.write("main.mjs", PROGRAM);
      const { stdout } = other.run([...bun.command, "main.mjs"]);
      assert.equal(JSON.parse(stdout).thread.sum, 5);
    } finally {
      other.remove();
    }
  });

  for (const { name, command } of runners) {
    const host = name.split(" ")[0]!;

    it(`uses threads, processes and shared memory on ${name}`, () => {
      const debug = { KNITTING_DEBUG: "host" };
      const { code, stdout, stderr } = user.run([...command, "main.mjs"], debug);
      assert.equal(code, 0, stderr);
      const { thread, processes, ...rest } = JSON.parse(stdout);
      assert.deepEqual(thread, { ...RESULT, name: host, moved: [254, 253], text: "QUIET" });
      assert.deepEqual(
        processes,
        ["node", "deno", "bun"].map((name) => ({ ...RESULT, name, moved: false, text: false })),
      );
      assert.deepEqual(rest, {
        isAlias: true,
        names: ["KnittingError", "ProcessSharedBuffer", "BufferReference"],
        about: "knitting",
      });
      const entries = stderr.match(
        / worker (thread|process)=.*\/node_modules\/.*\/src\/worker\/entry\.js$/gm,
      );
      assert.equal(entries?.length, 5, stderr); // two threads, and a process of each runtime
    });

    it(`reads the adapter of its runtime alone on ${name}`, () => {
      const { stdout } = user.run([...command, "node_modules/knitting/ask.mjs"]);
      assert.match(stdout, new RegExp(`/src/runtime/${host}\\.js\\s*$`));
    });
  }
});
