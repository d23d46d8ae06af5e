import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findRuntime } from "../../scripts/runtimes.ts";
import { RUNNERS } from "../../scripts/test_runners.ts";
import { runtimeName } from "../support/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("what failed is read from the report of the runtime, by name and message", () => {
  const folder = mkdtempSync(join(tmpdir(), "knitting-report-"));
  try {
    const report = join(folder, "report");
    const runner = RUNNERS[runtimeName];
    const { path } = findRuntime(runtimeName);
    const args = runner.args(["tests/fixtures/fails_on_purpose.ts"], report, []);
    // Node's runner takes itself for one of its own children while this variable is set.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status } = spawnSync(path, args, { cwd: ROOT, env, stdio: "ignore" });
    equal(status, 1);
    const counts = runner.parse(readFileSync(report, "utf8"));
    const { passed, failed, skipped } = counts;
    deepEqual({ passed, failed, skipped }, { passed: 2, failed: 2, skipped: 1 });
    const [alone, inside, ...others] = counts.failures;
    equal(alone?.replace("(Error: ", "("), "fails <alone> (on purpose)");
    match(inside ?? "", /fails inside \((Error: )?two lines: \+ 1 - 2\)$/);
    deepEqual(others, []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
