import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runProgram, runtimeName } from "../support/program.ts";

interface Line {
  who: string;
  elapsedMs: number;
  namespace: string;
  text: string;
}

const LINE = /^\[(host|w\d+)·(node|deno|bun)·\+(\d+\.\d)ms\] (\w+): (.+)$/;

/** Standard error of the program, every line of which must be of the logger's shape. */
async function linesOf(option?: unknown, env: Record<string, string> = {}): Promise<Line[]> {
  const args = option === undefined ? [] : [JSON.stringify(option)];
  const { code, late, stdout, stderr } = await runProgram("debug.ts", { args, env });
  assert.equal(late, false);
  assert.equal(stdout, "hello knitting 9\n");
  assert.equal(code, 0, stderr);
  return stderr.split("\n").slice(0, -1).map(parse);
}

function parse(line: string): Line {
  const match = LINE.exec(line);
  assert.ok(match !== null, `not a line of the logger: ${line}`);
  const [, who, runtime, elapsed, namespace, text] = match;
  assert.equal(runtime, runtimeName);
  return { who: who!, elapsedMs: Number(elapsed), namespace: namespace!, text: text! };
}

const namespacesOf = (lines: readonly Line[]): string[] =>
  [...new Set(lines.map(({ namespace }) => namespace))].sort();
const whosOf = (lines: readonly Line[]): string[] =>
  [...new Set(lines.map(({ who }) => who))].sort();

describe("debug", () => {
  it("prints nothing when off", async () => {
    assert.deepEqual(await linesOf(), []);
    assert.deepEqual(await linesOf(false), []);
    assert.deepEqual(await linesOf({}), []);
    assert.deepEqual(await linesOf({ host: false }), []);
    assert.deepEqual(await linesOf(undefined, { KNITTING_DEBUG: "" }), []);
    assert.deepEqual(await linesOf(undefined, { KNITTING_DEBUG: "nonsense, ,worker" }), []);
  });

  it("host: describes the pool, and nothing comes from workers", async () => {
    const lines = await linesOf({ host: true });
    assert.deepEqual(whosOf(lines), ["host"]);
    assert.deepEqual(namespacesOf(lines), ["host"]);
    const text = lines.map(({ text }) => text).join("\n");
    assert.match(text, /^cwd=\S.* caller=file:\/\/.*debug\.ts$/m);
    assert.match(text, /^task name=greet id=0 from=file:\/\/.*debug\.ts$/m);
    assert.match(text, /^task name=square id=1 from=file:\/\/.*basic_tasks\.ts$/m);
    assert.match(
      text,
      new RegExp(`^pool runtime=${runtimeName} workers=2 lanes=2 inliner=off$`, "m"),
    );
    assert.match(text, /^modules=.*debug\.ts.*basic_tasks\.ts$/m);
    assert.match(text, /^permission=strict$/m);
    assert.doesNotMatch(text, /bootstrap/);
    assert.match(text, /^worker thread=0 mode=thread .*url=/m);
    assert.match(text, /^worker thread=1 mode=thread .*url=/m);
  });

  it("host: counts the inline lane", async () => {
    const args = [JSON.stringify({ threads: 2, inliner: {}, debug: { host: true } }), "1"];
    const { code, stderr } = await runProgram("idle_workers.ts", { args });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /host: pool runtime=\w+ workers=2 lanes=3 inliner=on$/m);
  });

  it("imports: what each worker has loaded", async () => {
    const lines = await linesOf({ imports: true });
    assert.deepEqual(namespacesOf(lines), ["imports"]);
    assert.deepEqual(whosOf(lines), ["w0", "w1"]);
    for (const { text } of lines) {
      assert.match(text, /^2 task\(s\) from .*debug\.ts.*basic_tasks\.ts/);
    }
  });

  it("lifecycle: workers that are ready", async () => {
    const lines = await linesOf({ lifecycle: true });
    assert.deepEqual(namespacesOf(lines), ["lifecycle"]);
    const ready = lines.filter(({ text }) => /ready/.test(text));
    assert.deepEqual(whosOf(ready), ["host", "w0", "w1"]);
  });

  it("signals: every call and result", async () => {
    const lines = await linesOf({ signals: true });
    assert.deepEqual(namespacesOf(lines), ["signals"]);
    assert.ok(lines.every(({ who }) => /^w[01]$/.test(who)));
    const count = (pattern: RegExp) => lines.filter(({ text }) => pattern.test(text)).length;
    assert.deepEqual([count(/^work /), count(/^result /)], [2, 2]);
    // They sleep before the first call, which wakes one of them.
    const states = lines.map(({ text }) => text).filter((text) => /^(idle|run)$/.test(text));
    assert.deepEqual([states[0], states.includes("run")], ["idle", true]);
  });

  it("signals: also what a worker said last that never let go of its thread again", async () => {
    const { stdout, stderr } = await runProgram("last_words.ts");
    assert.equal(stdout, "fulfilled fulfilled rejected\n");
    const said = stderr.split("\n").slice(0, -1).map(parse).map(({ text }) => text.split(" ")[0]);
    // Deno does not end the thread, which goes on when it is released.
    const isCall = (word: string | undefined) => word !== "idle" && word !== "run";
    assert.deepEqual(said.filter(isCall).slice(0, 5), [
      "work",
      "result",
      "work",
      "result",
      "work",
    ], stderr);
  });

  it("globals: what loading the tasks did to globalThis", async () => {
    const { stdout, stderr } = await runProgram("debug_globals.ts");
    assert.equal(stdout, "1\n");
    const lines = stderr.split("\n").slice(0, -1).map(parse);
    assert.deepEqual(namespacesOf(lines), ["globals"]);
    assert.deepEqual(whosOf(lines), ["w0"]);
    assert.match(lines.map(({ text }) => text).join("\n"), /knittingTestGlobal/);
  });

  it("globals: what the bootstrap did, and what the tasks did after it", async () => {
    const { stdout, stderr } = await runProgram("bootstrap.ts");
    assert.equal(stdout, "7\n");
    const lines = stderr.split("\n").slice(0, -1).map(parse);
    const host = lines.filter(({ who }) => who === "host").map(({ text }) => text).join("\n");
    assert.match(host, /^bootstrap href=file:\/\/\S+bootstraps\.ts name=addGlobal$/m);
    const [bootstrap, tasks, ...rest] = lines.filter(({ who }) => who === "w0");
    assert.deepEqual(rest, []);
    assert.match(bootstrap!.text, /^bootstrap: .*\+knittingTestBootstrap:number\(wce\)/);
    assert.doesNotMatch(bootstrap!.text, /knittingTestGlobal/);
    assert.match(tasks!.text, /^tasks: .*\+knittingTestGlobal:number\(wce\)/);
    assert.doesNotMatch(tasks!.text, /knittingTestBootstrap/);
  });

  it("true: everything, from the host and from workers", async () => {
    const lines = await linesOf(true);
    assert.deepEqual(namespacesOf(lines), ["globals", "host", "imports", "lifecycle", "signals"]);
    assert.deepEqual(whosOf(lines), ["host", "w0", "w1"]);
  });

  it("KNITTING_DEBUG=*: the same", async () => {
    const lines = await linesOf(undefined, { KNITTING_DEBUG: "*" });
    assert.deepEqual(namespacesOf(lines), ["globals", "host", "imports", "lifecycle", "signals"]);
  });

  it("KNITTING_DEBUG with names: only these", async () => {
    const lines = await linesOf(undefined, { KNITTING_DEBUG: "host, imports" });
    assert.deepEqual(namespacesOf(lines), ["host", "imports"]);
  });

  it("is on if the option or the variable says so", async () => {
    assert.deepEqual(
      namespacesOf(await linesOf({ imports: true, host: false }, { KNITTING_DEBUG: "host" })),
      ["host", "imports"],
    );
    assert.deepEqual(
      namespacesOf(await linesOf(false, { KNITTING_DEBUG: "imports" })),
      ["imports"],
    );
  });

  it("counts milliseconds from the start of each worker, and never back", async () => {
    const lines = await linesOf(true);
    for (const who of whosOf(lines)) {
      const elapsed = lines.filter((line) => line.who === who).map(({ elapsedMs }) => elapsedMs);
      assert.deepEqual(elapsed, [...elapsed].sort((a, b) => a - b));
      assert.ok(elapsed[0]! < 10_000);
    }
  });

  it("does not change results or standard output", async () => {
    const { stdout } = await runProgram("debug.ts", { env: { KNITTING_DEBUG: "*" } });
    assert.equal(stdout, "hello knitting 9\n");
  });
});

describe("the logger", () => {
  it("is not loaded while debug is off, neither by the host nor by workers", async () => {
    // A copy of the library with a logger that says that it was loaded.
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const folder = mkdtempSync(join(realpathSync(tmpdir()), "knitting-debug-"));
    try {
      cpSync(join(root, "src"), join(folder, "src"), { recursive: true });
      // What marks a project: its modules can be read.
      for (const file of ["mod.ts", "task.ts", "deno.json"]) {
        cpSync(join(root, file), join(folder, file));
      }
      for (const file of ["basic_tasks.ts", "programs/debug.ts"]) {
        cpSync(join(root, "tests/fixtures", file), join(folder, "tests/fixtures", file));
      }
      cpSync(join(root, "tests/support"), join(folder, "tests/support"), { recursive: true });
      const logger = join(folder, "src/runtime/debug_log.ts");
      // Not with console, which is silent in workers.
      const say = `import { writeSync } from "node:fs";\nwriteSync(1, "loaded\\n");\n`;
      writeFileSync(logger, say + readFileSync(logger, "utf8"));
      const program = pathToFileURL(join(folder, "tests/fixtures/programs/debug.ts"));
      const off = await runProgram(program);
      assert.deepEqual([off.stdout, off.stderr], ["hello knitting 9\n", ""]);
      const on = await runProgram(program, { args: ["true"] });
      // The host and two workers, each once.
      assert.equal(on.stdout.match(/^loaded$/gm)?.length, 3, on.stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
