/**
 * `knitting doctor`: looks at the machine, tries out every kind of workers that it can have, and says
 * what is wrong.
 *
 * @module
 */

import { runtimeNames } from "../runtime/current.ts";
import { type ProjectFile, projectFile } from "../runtime/project_file.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import { oldestSupported } from "../runtime/supported.ts";
import { muteWarnings } from "../runtime/terminal.ts";
import { lookAtMachine, type Machine } from "./machine.ts";
import type { Effort } from "./measure.ts";
import {
  type Enforcement,
  type Latency,
  type Problem,
  type Report,
  REPORT_VERSION,
  type SubjectResult,
  type Trouble,
} from "./report.ts";
import { measureMessages, type Subject, trySubject } from "./self_test.ts";
import { cureOf, pageOf, trouble, troubleOf } from "./troubles.ts";

/** About six seconds for all kinds together, with their starts. */
const USUAL: Effort = { eachMs: 150, silences: 15 };
/** Figures that only show that there are some. */
const QUICK: Effort = { eachMs: 10, silences: 3 };

/** Said of what needs a pool, if the library does not run here. */
const UNTRIED = trouble(
  "KNT_DOCTOR_VERSION",
  "not tried: the library does not run on this version",
);

/** Who is told what the doctor does. */
export interface Listener {
  /** Something begins that takes a while. */
  begins(what: string): void;
  /** The machine was looked at. */
  machine(machine: Machine, knitting: string | null): void;
  /** The bare `postMessage` was measured. */
  messages(latency: Latency): void;
  /** A kind of workers was tried. */
  tried(result: SubjectResult): void;
}

/** Does all of it. */
export async function examine(quick: boolean, listener: Listener): Promise<Report> {
  muteWarnings(); // what pools warn of is in the report
  listener.begins("the machine");
  const project = await projectFile();
  const knitting = project.version ?? null; // not covered: only in a bundle, which tests/package/ runs
  const machine = lookAtMachine();
  listener.machine(machine, knitting);
  const { sandboxes, ...facts } = machine;

  const startMs = performance.now();
  const effort = quick ? QUICK : USUAL; // not covered: tests are quick
  const found = problemsOf(machine);
  let postMessage: Latency | null = null;
  const subjects: SubjectResult[] = [];
  const enforcement: Record<string, Enforcement> = {};
  if (machine.runtime.supported) {
    listener.begins("postMessage");
    try {
      postMessage = await measureMessages(effort);
      listener.messages(postMessage);
    } catch (error) {
      found.push({ about: "postMessage", fatal: true, trouble: troubleOf(error) }); // not covered: only if a bare thread cannot start
    }
    for (const subject of subjectsOf(machine)) {
      listener.begins(subject.name);
      const tried = await trySubject(subject, effort, postMessage, sharesMemory(subject, machine));
      subjects.push(tried.result);
      if (tried.enforcement !== undefined) enforcement[subject.name] = tried.enforcement;
      found.push(...problemsWith(tried.result));
      listener.tried(tried.result);
    }
  }
  const seconds = Number(((performance.now() - startMs) / 1000).toFixed(1));
  const inSandbox = subjects.find(({ sandbox }) => sandbox === "bwrap");
  const bwrap = {
    available: inSandbox?.available === true,
    trouble: inSandbox === undefined ? UNTRIED : inSandbox.trouble, // not covered: only on a runtime that is too old
  };
  const problems = found.map((one) => told(one, project));
  return {
    report: REPORT_VERSION,
    knitting,
    ok: problems.every(({ fatal }) => !fatal),
    quick,
    ...facts,
    sandboxes: { bwrap, ...sandboxes },
    enforcement,
    selfTest: { seconds, postMessage, subjects },
    problems,
  };
}

/** The kinds of workers to try: this runtime's own first. */
function subjectsOf({ runtime: { name, version }, native, runtimes }: Machine): Subject[] {
  const processOf = (runtime: RuntimeName): Subject => ({
    name: `${runtime} processes`,
    runtime,
    version: runtimes[runtime].version!,
    worker: { runtime: "process", processRuntime: runtime },
  });
  const own = processOf(name);
  const others = runtimeNames.filter((other) => other !== name);
  const sandboxed: Subject = {
    ...own,
    name: `${own.name} in bwrap`,
    worker: { ...own.worker, sandbox: "bwrap" },
  };
  return [
    { name: "threads", runtime: name, version, worker: {} },
    ...[name, ...others].filter((one) => native.available && runtimes[one].available).map(
      processOf,
    ),
    sandboxed,
  ];
}

/** Whether memory without a name crosses: in a sandbox there is no way to the handles of another process. */
function sharesMemory({ worker }: Subject, { processes }: Machine): boolean {
  return processes.anonymousMemory.available && worker.sandbox === undefined;
}

/** A problem, before it is known where its page is. */
interface Found {
  readonly about: string;
  readonly fatal: boolean;
  readonly trouble: Trouble;
}

/** What is wrong with the machine. What is only not there is no problem. */
function problemsOf({ runtime, threads, native, processes, runtimes }: Machine): Found[] {
  const found: Found[] = [];
  const note = (about: string, one: Trouble | null, fatal = false): void => {
    if (one !== null) found.push({ about, fatal, trouble: one });
  };
  const { name, version, supported } = runtime;
  if (!supported) { // not covered: only on a runtime that is too old
    const message = `this is ${name} ${version}: expected ${oldestSupported[name]} or newer`;
    note("runtime", trouble("KNT_DOCTOR_VERSION", message), true);
    return found; // whatever else there is comes of that
  }
  if (!threads.sharedMemory || threads.doorbell === null) { // not covered: only on a runtime that is too old
    const message = "there is no SharedArrayBuffer, or no Atomics.waitAsync";
    note("threads", trouble("KNT_DOCTOR_SHARED_MEMORY", message), true);
  }
  note("native library", native.trouble);
  if (native.available) {
    note("shared memory without a name", processes.anonymousMemory.trouble, true);
    note("shared memory with a name", processes.namedMemory.trouble);
  }
  for (const one of runtimeNames) {
    const { trouble } = runtimes[one];
    if (trouble?.code !== "KNT_DOCTOR_NOT_FOUND") note(one, trouble);
  }
  return found;
}

/** What is wrong with a kind of workers. That `createPool` refuses processes is not fatal. */
function problemsWith(
  { name, worker, sandbox, trouble, available, checks }: SubjectResult,
): Found[] {
  const failed = checks.flatMap(({ name: check, trouble }) =>
    trouble === null ? [] : [{ about: `${name}: ${check}`, fatal: true, trouble }] // not covered: only if a worker that starts gets something wrong
  );
  if (trouble === null || (sandbox !== null && !available)) return failed;
  return [{ about: name, fatal: available || worker === "thread", trouble }, ...failed]; // not covered: only if workers that start get something wrong
}

function told({ about, fatal, trouble }: Found, { version, homepage }: ProjectFile): Problem {
  const sources = homepage?.replace(/#readme$/, `/blob/v${version}/`) ?? ""; // not covered: only in a bundle, which tests/package/ runs
  const { code, message } = trouble;
  return { about, fatal, code, message, cure: cureOf(trouble), docs: sources + pageOf(trouble) };
}
