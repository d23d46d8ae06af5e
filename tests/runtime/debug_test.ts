import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runProgram, runtimeName } from "../support/program.ts";

const LINE =
  /^\[(host|w\d+)·(node|deno|bun)·\+\d+\.\d+ms\] (host|imports|lifecycle|signals|globals): ./;

interface Line {
  who: string;
  namespace: string;
  text: string;
}

async function linesOf(option?: unknown, KNITTING_DEBUG?: string): Promise<Line[]> {
  const end = await runProgram("debugging.ts", {
    args: option === undefined ? [] : [JSON.stringify(option)],
    env: KNITTING_DEBUG === undefined ? {} : { KNITTING_DEBUG },
  });
  assert.equal(end.code, 0, end.stderr);
  assert.equal(end.stdout, "9\n");
  return end.stderr.split("\n").filter((line) => line !== "").map((line) => {
    const match = LINE.exec(line);
    assert.ok(match, `not a debug line: ${line}`);
    assert.equal(match[2], runtimeName);
    return { who: match[1]!, namespace: match[3]!, text: line };
  });
}

const namespacesOf = (lines: Line[]): string[] =>
  [...new Set(lines.map((l) => l.namespace))].sort();

describe("debug", () => {
  it("writes nothing when off", async () => {
    assert.deepEqual(await linesOf(), []);
    assert.deepEqual(await linesOf(false), []);
    assert.deepEqual(await linesOf({ host: false }, ""), []);
  });

  it("writes every namespace when on", async () => {
    const lines = await linesOf(true);
    assert.deepEqual(namespacesOf(lines), ["globals", "host", "imports", "lifecycle", "signals"]);
    const text = lines.map((line) => line.text).join("\n");
    assert.match(text, /host: cwd=\S+ caller=file:\S+debugging\.ts/);
    assert.match(text, /host: task name=square id=0 from=file:\S+debugging\.ts/);
    assert.match(text, /host: pool runtime=\w+ workers=1 lanes=1 inliner=off/);
    assert.match(text, /w0\S+ imports: 1 task\(s\) from \S+debugging\.ts/);
    assert.match(text, /w0\S+ globals: .*\+leftBehind:number\(wce\)/);
    assert.match(text, /w0\S+ signals: work call=0 task=0/);
  });

  it("for the host writes no line of a worker", async () => {
    const lines = await linesOf({ host: true });
    assert.ok(lines.length > 0);
    assert.deepEqual([...new Set(lines.map((line) => line.who))], ["host"]);
  });

  it("is turned on by the environment, by names or for all", async () => {
    assert.deepEqual(namespacesOf(await linesOf(undefined, "host, imports")), ["host", "imports"]);
    assert.equal(namespacesOf(await linesOf(undefined, "*")).length, 5);
  });

  it("is on where the option or the environment says so", async () => {
    assert.deepEqual(namespacesOf(await linesOf({ host: true }, "imports")), ["host", "imports"]);
  });
});
