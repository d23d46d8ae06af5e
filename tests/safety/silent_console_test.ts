import assert from "node:assert/strict";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { describe, it } from "node:test";
import { silence } from "../../src/safety/silent_console.ts";

/** A console that writes into a list. */
function listConsole(): { console: Console; written: string[] } {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  return { console: new Console(stream), written };
}

const printing = [
  "log",
  "info",
  "debug",
  "warn",
  "error",
  "dir",
  "table",
  "trace",
  "count",
] as const;

describe("a silenced console", () => {
  it("has all its functions, and none prints", () => {
    const { console, written } = listConsole();
    const before = Object.keys(console);
    console.log("before");
    silence(console);
    for (const name of printing) assert.equal(console[name]("after"), undefined);
    console.group("after");
    console.assert(false, "after");
    console.timeEnd("after");
    assert.deepEqual(written, ["before\n"]);
    assert.deepEqual(Object.keys(console), before);
  });

  it("makes consoles that print", () => {
    const { console, written } = listConsole();
    const made = Object.assign(console, { Console });
    silence(made);
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        done();
      },
    });
    new made.Console(stream).log("from a new one");
    assert.deepEqual(written, ["from a new one\n"]);
  });

  it("has not even been asked for what is not silenced, which Bun makes only then", () => {
    const asked: PropertyKey[] = [];
    const { console } = listConsole();
    silence(
      new Proxy(Object.assign(console, { Console }), {
        getOwnPropertyDescriptor(target, name) {
          asked.push(name);
          return Reflect.getOwnPropertyDescriptor(target, name);
        },
      }),
    );
    const kept = new Set<PropertyKey>(["Console", "_stdout", "_stderr"]);
    assert.deepEqual(asked.filter((name) => kept.has(name)), []);
    assert.ok(asked.includes("log"));
  });

  it("still creates tasks and contexts where it could, for they print nothing", () => {
    const console = { createTask: () => "task", context: () => "context", log: () => "printed" };
    silence(console);
    assert.deepEqual([console.createTask(), console.context(), console.log()], [
      "task",
      "context",
      undefined,
    ]);
  });

  it("keeps what is not a function, and does not look behind getters", () => {
    let looks = 0;
    const console = {
      indentLevel: 2,
      get stream(): unknown {
        looks++;
        return () => {};
      },
    };
    silence(console);
    assert.deepEqual([console.indentLevel, looks], [2, 0]);
  });

  it("may be given other functions", () => {
    const { console, written } = listConsole();
    silence(console);
    console.log = (text: string) => void written.push(text);
    console.log("mine");
    assert.deepEqual(written, ["mine"]);
  });
});
