/**
 * What the doctor says, for a person.
 *
 * @module
 */

import { runtimeNames } from "../runtime/current.ts";
import type { Machine } from "./machine.ts";
import type { Availability, Latency, Report, SubjectResult } from "./report.ts";

/** How lines begin. */
export type Mark = "good" | "bad" | "none";

/** A line, with how it begins. */
export type Line = readonly [mark: Mark, text: string];

const NAME_WIDTH = 26;

/** What the machine offers. */
export function machineLines(machine: Machine): readonly Line[] {
  const { system, runtime, threads, native, processes, runtimes, sandboxes } = machine;
  const { platform, release, cores, memoryMiB, load } = system;
  const details = [
    platform,
    release,
    `${cores} cores`,
    memoryMiB && `${memoryMiB} MiB`,
    load === null ? null : `load ${load}`,
  ];
  const line = (name: string, mark: Mark, text: string): Line => [
    mark,
    name.padEnd(NAME_WIDTH) + text,
  ];
  const state = (name: string, { available, trouble }: Availability, text = "yes"): Line =>
    line(name, available ? "good" : "none", available ? text : trouble!.message);
  const shares = threads.sharedMemory && threads.doorbell !== null;
  return [
    line("system", "good", details.filter((one) => one).join(", ")),
    line(
      "runtime",
      runtime.supported ? "good" : "bad",
      `${runtime.name} ${runtime.version}, ${runtime.path}`,
    ),
    line(
      "threads share memory",
      shares ? "good" : "bad",
      shares ? `yes, woken by ${threads.doorbell}` : "no",
    ),
    state("native library", native, native.path ?? ""),
    ...(native.available
      ? [
        state(
          "processes share memory",
          processes.anonymousMemory,
          `yes, woken by ${processes.doorbell}`,
        ),
        state("memory with a name", processes.namedMemory),
      ]
      : []),
    ...runtimeNames.map((name) => {
      const { version, path, ...rest } = runtimes[name];
      return state(`workers on ${name}`, rest, `${version}, ${path}`);
    }),
    state("docker", sandboxes.docker),
    state("podman", sandboxes.podman),
  ];
}

/** The heads of the columns of {@linkcode latencyCells}. */
export const LATENCY_HEADS: readonly string[] = [
  "1 call p50",
  "p99",
  "of 100 each",
  "after 10 ms",
];

/** What a bare `postMessage` took. */
export function messageLine(latency: Latency): Line {
  return ["good", row("postMessage, to compare", latencyCells(latency))];
}

/** What came of a kind of workers. */
export function subjectLine(result: SubjectResult): Line {
  const { name, available, ok, trouble, checks, latency, toPostMessage } = result;
  if (trouble !== null) {
    return [available ? "bad" : "none", name.padEnd(NAME_WIDTH) + trouble.message];
  }
  if (!ok || latency === null) {
    const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name);
    return ["bad", `${name.padEnd(NAME_WIDTH)}failed: ${failed.join(", ")}`];
  }
  const cells = latencyCells(latency);
  if (toPostMessage === null) return ["good", row(name, cells)];
  const { singleP50, singleP99, batchOf100, afterSilence } = toPostMessage;
  const factors = [singleP50, singleP99, batchOf100, afterSilence];
  return ["good", row(name, cells.map((cell, i) => `${cell} (${short(factors[i]!)}x)`))];
}

/** A row of the table of figures. */
export function row(name: string, cells: readonly string[]): string {
  return (name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padEnd(18)).join("")).trimEnd();
}

function latencyCells({ single, batchOf100, afterSilence }: Latency): string[] {
  return [single.p50Us, single.p99Us, batchOf100.p50UsPerCall, afterSilence.p50Us]
    .map((us) => `${short(us)} us`);
}

function short(value: number): string {
  return value < 10 ? String(Number(value.toPrecision(2))) : value.toFixed(0);
}

/** What to think of the figures. */
export function loadLines({ system: { load, cores } }: Report): readonly Line[] {
  if (load === null || load <= cores) return [];
  return [[
    "none",
    `The machine is busy, ${load} programs on ${cores} cores: these figures say little.`,
  ]];
}

/** Who enforces what: a row for each rule, a column for each kind of workers. */
export function enforcementLines({ enforcement }: Report): readonly string[] {
  const names = Object.keys(enforcement);
  const rules = Object.keys(Object.values(enforcement)[0] ?? {});
  const widths = names.map((name) => name.length + 2);
  const line = (first: string, cells: readonly string[]): string =>
    (first.padEnd(NAME_WIDTH) + cells.map((cell, i) => cell.padEnd(widths[i]!)).join("")).trimEnd();
  return [
    line("", names),
    ...rules.map((rule) => line(rule, names.map((name) => enforcement[name]![rule]!))),
  ];
}

/** What is wrong, and what to do. */
export function problemLines({ problems }: Report): readonly Line[] {
  return problems.flatMap(({ about, fatal, code, message, cure, docs }): Line[] => [
    [fatal ? "bad" : "none", `${about}: ${code}`],
    ["none", `  ${message}`],
    ["none", `  ${cure}: ${docs}`],
  ]);
}
