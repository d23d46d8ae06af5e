// What the doctor says of machines and workers that the tests cannot have.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Machine } from "../../src/cli/machine.ts";
import { enforcementLines, loadLines, machineLines, subjectLine } from "../../src/cli/print.ts";
import type { Report, SubjectResult } from "../../src/cli/report.ts";
import { cureOf, DoctorError, pageOf, troubleOf } from "../../src/cli/troubles.ts";

const there = { available: true, trouble: null };
const missing = {
  available: false,
  trouble: { code: "KNT_DOCTOR_NOT_FOUND", message: "not there" },
};
const found = { ...there, path: "/bin/it", version: "1.2.3" };
const lost = { ...missing, path: null, version: null };

const machine: Machine = {
  system: { platform: "linux-x64", release: "6", cores: 2, memoryMiB: 512, load: 0.5 },
  runtime: { name: "node", version: "22.0.0", path: "/bin/node", supported: true },
  threads: { sharedMemory: true, doorbell: "Atomics.waitAsync" },
  native: { ...there, path: "/lib" },
  processes: { anonymousMemory: there, namedMemory: there, doorbell: "futex" },
  runtimes: { node: found, deno: lost, bun: lost },
  sandboxes: { docker: missing, podman: missing },
};

const latency = {
  single: { calls: 9, p50Us: 1.23, p99Us: 20.4 },
  batchOf100: { batches: 9, p50UsPerCall: 0.1 },
  afterSilence: { calls: 9, p50Us: 100 },
};
const subject: SubjectResult = {
  ...there,
  name: "threads",
  worker: "thread",
  runtime: "node",
  sandbox: null,
  ok: true,
  startMs: 1,
  checks: [{ name: "numbers", ok: true, trouble: null }],
  latency,
  toPostMessage: { singleP50: 0.5, singleP99: 0.5, batchOf100: 0.5, afterSilence: 0.5 },
};

describe("what the doctor says of a machine", () => {
  const said = (machine: Machine) =>
    machineLines(machine).map(([mark, text]) => `${mark} ${text.replaceAll(/ +/g, " ")}`);

  it("is good where all is there", () => {
    const lines = said(machine);
    assert.equal(lines[0], "good system linux-x64, 6, 2 cores, 512 MiB, load 0.5");
    assert.ok(lines.includes("good threads share memory yes, woken by Atomics.waitAsync"));
    assert.ok(lines.includes("none workers on deno not there"));
  });

  it("is bad where threads cannot share, and says nothing that is not known", () => {
    const lines = said({
      ...machine,
      system: { ...machine.system, release: null, memoryMiB: null, load: null },
      runtime: { ...machine.runtime, supported: false },
      threads: { sharedMemory: true, doorbell: null },
      native: { ...missing, path: null },
    });
    assert.equal(lines[0], "good system linux-x64, 2 cores");
    assert.ok(lines.includes("bad runtime node 22.0.0, /bin/node"));
    assert.ok(lines.includes("bad threads share memory no"));
    assert.ok(lines.includes("none native library not there"));
    assert.ok(!lines.some((line) => line.includes("processes share")));
  });

  it("doubts figures of a machine that is busy, if that is known", () => {
    const of = (load: number | null) =>
      loadLines({ system: { ...machine.system, load } } as Report).length;
    assert.deepEqual([of(null), of(2), of(2.1)], [0, 0, 1]);
  });
});

describe("what the doctor says of a kind of workers", () => {
  it("is how fast they are, beside a bare postMessage where there is one", () => {
    const [mark, text] = subjectLine(subject);
    assert.equal(mark, "good");
    assert.match(text, /^threads +1\.2 us \(0\.5x\) +20 us/);
    assert.match(subjectLine({ ...subject, toPostMessage: null })[1], /^threads +1\.2 us +20 us/);
  });

  it("is what has failed", () => {
    const checks = [...subject.checks, { name: "text", ok: false, trouble: null }];
    const [mark, text] = subjectLine({ ...subject, ok: false, checks });
    assert.deepEqual([mark, text.replaceAll(/ +/g, " ")], ["bad", "threads failed: text"]);
    assert.equal(subjectLine({ ...subject, ...missing })[0], "none");
    assert.equal(subjectLine({ ...subject, trouble: missing.trouble })[0], "bad");
  });

  it("is who enforces what, if any could be tried", () => {
    assert.deepEqual(enforcementLines({ enforcement: {} } as Report), [""]);
    const lines = enforcementLines({ enforcement: { threads: { read: "none" } } } as never);
    assert.deepEqual(lines.map((line) => line.trim().split(/ +/)), [["threads"], ["read", "none"]]);
  });
});

describe("a trouble", () => {
  it("has a code, whatever was thrown", () => {
    assert.deepEqual(troubleOf(5), { code: "KNT_DOCTOR_ERROR", message: "5" });
    assert.equal(troubleOf(new RangeError("x")).message, "RangeError: x");
    const wrong = new DoctorError("KNT_DOCTOR_WRONG", "not this");
    assert.deepEqual(troubleOf(wrong), { code: "KNT_DOCTOR_WRONG", message: "not this" });
    wrong.cause = new Error("that\nand more");
    assert.equal(troubleOf(wrong).message, "not this (that)");
  });

  it("has a cure and a page", () => {
    assert.equal(pageOf({ code: "KNT_DOCTOR_WRONG", message: "" }), "docs/doctor.md#codes");
    assert.equal(pageOf({ code: "KNT_ERROR_NATIVE", message: "" }), "docs/errors.md#codes");
    assert.match(cureOf({ code: "KNT_ERROR_NATIVE", message: "" }), /cause and cure of the code/);
  });
});
