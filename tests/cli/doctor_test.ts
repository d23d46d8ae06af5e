// `knitting doctor` as a user runs it: the command itself, by its exit code and what it prints.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import type { Report, SubjectResult } from "../../src/cli/report.ts";
import { nativeLibraryPath } from "../../src/native/library.ts";
import { binaryVariables } from "../../src/runtime/process_command.ts";
import type { RuntimeName } from "../../src/runtime/runtime.ts";
import { runProgram, runtimeName } from "../support/program.ts";

const COMMAND = new URL("../../cli.ts", import.meta.url);
const LIMIT_MS = 60_000;

const others = (Object.keys(binaryVariables) as RuntimeName[]).filter((name) =>
  name !== runtimeName
);

function knitting(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runProgram(COMMAND, { args, env, limitMs: LIMIT_MS });
}

/** Runs the doctor where workers can run on these programs alone. */
async function examine(
  programs: Partial<Record<RuntimeName, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; report: Report; stderr: string }> {
  const named = Object.entries(binaryVariables).map(([name, variable]) =>
    [variable, programs[name as RuntimeName] ?? join("/no", name)] as const
  );
  const { code, stdout, stderr } = await knitting(["doctor", "--quick", "--json"], {
    ...Object.fromEntries(named),
    ...env,
  });
  return { code, report: JSON.parse(stdout), stderr };
}

function subject({ selfTest }: Report, name: string): SubjectResult {
  return selfTest.subjects.find((one) => one.name === name)!;
}

const CHECKS = [
  "numbers",
  "text",
  "objects",
  "bytes",
  "large payloads",
  "errors",
  "time limits",
  "aborts",
];

function expectTried(result: SubjectResult, checks: readonly string[]): void {
  assert.deepEqual(
    result.checks.map(({ name, ok }) => [name, ok]),
    checks.map((name) => [name, true]),
  );
  assert.ok(result.startMs! >= 0);
  const { single, batchOf100, afterSilence } = result.latency!;
  assert.ok(single.calls > 0 && single.p50Us > 0 && single.p99Us >= single.p50Us);
  assert.ok(batchOf100.batches > 0 && batchOf100.p50UsPerCall > 0);
  assert.ok(afterSilence.calls > 0 && afterSilence.p50Us > 0);
  assert.ok(Object.values(result.toPostMessage!).every((factor) => factor > 0));
}

describe("knitting", () => {
  it("prints help, and its version", async () => {
    const [help, version] = await Promise.all([knitting(["--help"]), knitting(["--version"])]);
    assert.match(help.stdout, /knitting doctor .*\n[^]*--json/);
    const project = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8"));
    assert.equal(version.stdout, `${project.version}\n`);
    assert.deepEqual([help.code, version.code], [0, 0]);
  });

  const misuses: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [[], /a command is expected/],
    [["nurse"], /"nurse" is no command/],
    [["doctor", "who"], /doctor takes no "who"/],
    [["doctor", "--loud"], /--loud/],
  ];
  it("refuses arguments that make no sense, with exit code 2", async () => {
    await Promise.all(misuses.map(async ([args, said]) => {
      const { code, stdout, stderr } = await knitting(args);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      assert.match(stderr, said);
    }));
  });
});

describe("knitting doctor", () => {
  const folder = mkdtempSync(join(tmpdir(), "knitting-doctor-"));
  after(() => rmSync(folder, { recursive: true }));

  it("tries threads and processes of this runtime, and says what there is", async () => {
    const { code, report, stderr } = await examine({ [runtimeName]: process.execPath });
    assert.equal(code, 0, stderr);
    assert.deepEqual([report.report, report.ok, report.quick, report.problems], [
      1,
      true,
      true,
      [],
    ]);
    assert.equal(report.runtime.name, runtimeName);
    assert.equal(report.runtime.version, process.versions[runtimeName]);
    assert.ok(report.runtime.supported && report.system.cores > 0);
    assert.deepEqual(report.threads, { sharedMemory: true, doorbell: "Atomics.waitAsync" });
    assert.deepEqual(report.native, { available: true, trouble: null, path: nativeLibraryPath() });
    const there = { available: true, trouble: null };
    assert.deepEqual(report.processes.anonymousMemory, there);
    assert.deepEqual(report.processes.namedMemory, there);
    assert.equal(report.runtimes[runtimeName].version, process.versions[runtimeName]);
    for (const name of others) {
      assert.equal(report.runtimes[name].trouble?.code, "KNT_DOCTOR_NOT_FOUND");
    }
    const readable = { node: "runtime", deno: "none", bun: "none" }[runtimeName];
    const rules = report.enforcement["threads"]!;
    assert.deepEqual([rules["read"], rules["console"]], [readable, "guard"]);
    assert.ok(`${runtimeName} processes` in report.enforcement);
    assert.ok(report.selfTest.postMessage!.single.p50Us > 0);
    const death = "a worker's death";
    expectTried(subject(report, "threads"), [...CHECKS, "shared memory", death]);
    expectTried(subject(report, `${runtimeName} processes`), [...CHECKS, "shared memory", death]);
    const sandboxed = subject(report, `${runtimeName} processes in bwrap`);
    assert.equal(report.sandboxes.bwrap.available, sandboxed.available);
    if (sandboxed.available) expectTried(sandboxed, [...CHECKS, death]);
    else assert.equal(sandboxed.trouble?.code, "KNT_ERROR_PERMISSION");
  });

  it("tries threads where there is no native library and no bwrap", async () => {
    const { code, report, stderr } = await examine({ [runtimeName]: process.execPath }, {
      KNITTING_NATIVE_LIBRARY: join(folder, "none.node"),
      PATH: folder,
    });
    assert.equal(code, 0, stderr);
    assert.equal(report.ok, true);
    assert.equal(report.native.available, false);
    assert.equal(report.native.path, join(folder, "none.node"));
    const [problem] = report.problems;
    assert.deepEqual(
      [problem!.about, problem!.code, problem!.fatal, problem!.docs],
      ["native library", "KNT_ERROR_NATIVE", false, "docs/errors.md#codes"],
    );
    assert.ok(problem!.message.includes(join(folder, "none.node")));
    assert.deepEqual([report.sandboxes.bwrap.available, report.sandboxes.docker.available], [
      false,
      false,
    ]);
    assert.equal(report.sandboxes.docker.trouble?.code, "KNT_DOCTOR_NOT_FOUND");
    const tried = report.selfTest.subjects.filter(({ available }) => available);
    assert.deepEqual(tried.map(({ name }) => name), ["threads"]);
    expectTried(tried[0]!, [...CHECKS, "a worker's death"]);
  });

  it("is as clear to a person", { skip: process.platform === "win32" }, async () => {
    const [old, broken] = others.map((name) => join(folder, name)) as [string, string];
    const mute = join(folder, "mute");
    write(old, "echo 0.9.9");
    write(mute, "echo hello");
    write(broken, 'test "$1" = --version && echo 99.0.0 && exit; exit 7');
    const env = {
      [binaryVariables[others[0]!]]: old,
      [binaryVariables[others[1]!]]: broken,
      [binaryVariables[runtimeName]]: mute,
    };
    const { code, stdout, stderr } = await knitting(["doctor", "--quick"], env);
    assert.equal(code, 1, stderr);
    assert.match(stdout, /^✓ threads +[\d.]+ us/m);
    assert.match(stdout, new RegExp(`is ${others[0]} 0\\.9\\.9: expected \\d+ or newer`));
    assert.match(
      stdout,
      new RegExp(`^✗ ${others[1]} processes: KNT_ERROR_WORKER_STARTUP\n.*\n.*docs/errors`, "m"),
    );
    assert.match(stdout, /mute does not say its version/);
    assert.match(stdout, /✗ See above\.\n$/);
  });

  function write(path: string, script: string): void {
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }
});
