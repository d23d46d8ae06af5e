import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../examples/hash_files.ts", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the example with the runtime that runs this test; Ctrl-C once it has written `interruptAt`. */
function run(args: readonly string[], interruptAt?: string): Promise<Ended> {
  const child = spawn(process.execPath, [...runtimeFlags(), PROGRAM, ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => {
    stdout += data;
    if (interruptAt === undefined || !stdout.includes(interruptAt)) return;
    interruptAt = undefined;
    // Not `child.kill`: after it Deno reports the signal, whatever the exit code is.
    process.kill(child.pid!, "SIGINT");
  });
  child.stderr.on("data", (data) => stderr += data);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

function runtimeFlags(): string[] {
  if ("deno" in process.versions) return ["run", "--allow-all"];
  return "bun" in process.versions ? [] : ["--disable-warning=ExperimentalWarning"];
}

describe("examples/hash_files.ts", () => {
  const folders: string[] = [];
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  function makeFolder(files: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), "knitting-hash-files-"));
    folders.push(folder);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  it("counts, compresses and compares the files of a folder", async () => {
    const folder = makeFolder({
      "a.txt": "a".repeat(2 ** 20),
      "b/c.ts": "b".repeat(2 ** 19),
      "b/empty": "",
      ".git/index": "not of interest",
      "node_modules/d/e.js": "d".repeat(2 ** 19),
      "node_modules/d/e.bin": "not a source",
    });
    const { code, stdout, stderr } = await run([folder, "--threads", "2"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Main thread 100 %$/m);
    assert.match(stdout, /^Pool {8}100 %$/m);
    assert.match(stdout, /^files +4\n +3 of the folder, 1 sources of installed libraries$/m);
    assert.match(stdout, /^bytes +2\.00 MiB$/m);
    assert.match(stdout, /^compressed +0\.00 MiB, ratio 0\.\d %$/m);
    assert.match(stdout, /^results +equal on the main thread and on the pool$/m);
    assert.doesNotMatch(stdout, /left out/);
    assert.match(stdout, /^ +main thread +pool of 2$/m);
    assert.match(stdout, /^time +\d+\.\d\d s +\d+\.\d\d s {3}\d+\.\d\d times as fast$/m);
    for (const quantile of ["p50", "p99", "worst"]) {
      assert.match(
        stdout,
        new RegExp(`^timers late, ${quantile} +\\d+\\.\\d ms +\\d+\\.\\d ms$`, "m"),
      );
    }
  });

  it("leaves out files that are larger than a payload may be", async () => {
    const folder = makeFolder({ "small": "a", "large": "a".repeat(8 * 2 ** 20 + 1) });
    const { code, stdout, stderr } = await run([folder, "--threads", "1"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^files +1$/m);
    assert.match(stdout, /^left out +1 larger than 8\.00 MiB$/m);
  });

  it("ends cleanly when it is interrupted", { skip: process.platform === "win32" }, async () => {
    const text = randomBytes(2 ** 18).toString("base64");
    const folder = makeFolder(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [i, text])));
    const { code, stdout, stderr } = await run([folder], "Pool");
    assert.equal(stderr, "Stopped\n");
    assert.equal(code, 130);
    assert.doesNotMatch(stdout, /^time/m);
  });

  // What else can be wrong with arguments is in arguments_test.ts.
  const mistakes: [args: string[], message: RegExp][] = [
    [[join(tmpdir(), "knitting-no-such-folder")], /^Cannot find the folder .*knitting-no-such/],
    [["--speed", "1"], /--speed.*\nUsage: hash_files \[folder\] \[options\]$/m],
  ];
  for (const [args, message] of mistakes) {
    it(`refuses ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, message);
    });
  }
});
