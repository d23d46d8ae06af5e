/**
 * `knitting doctor`: examines, and writes what comes of it.
 *
 * @module
 */

import { environment } from "../runtime/environment.ts";
import { endWith, isShown, writeError, writeOutput } from "../runtime/terminal.ts";
import { examine, type Listener } from "./doctor.ts";
import {
  enforcementLines,
  LATENCY_HEADS,
  type Line,
  loadLines,
  machineLines,
  type Mark,
  messageLine,
  problemLines,
  row,
  subjectLine,
} from "./print.ts";

/** Does it. */
export async function runDoctor(quick: boolean, json: boolean): Promise<void> {
  const report = await examine(quick, json ? silentListener() : printingListener());
  if (json) writeOutput(JSON.stringify(report, null, 2) + "\n");
  else {
    if (report.selfTest.subjects.length > 0) {
      print(loadLines(report));
      print([["none", ""], ["none", 'Who enforces permission: "strict"']]);
      print(enforcementLines(report).map((text) => ["none", `  ${text}`]));
    }
    if (report.problems.length > 0) print([["none", ""], ...problemLines(report)]);
    print([["none", ""], report.ok ? ["good", "All works that must."] : ["bad", "See above."]]); // not covered: tests have a person read only of what is wrong
  }
  endWith(report.ok ? 0 : 1);
}

/** Standard output is for JSON alone. */
function silentListener(): Listener {
  return {
    begins: showProgress,
    machine() {},
    messages() {},
    tried: hideProgress,
  };
}

function printingListener(): Listener {
  return {
    begins: showProgress,
    machine(machine, knitting) {
      const title = `knitting ${knitting ?? "of an unknown version"}`; // not covered: only in a bundle, which tests/package/ runs
      print([["none", row(title, [])], ["none", ""], ...machineLines(machine)]);
      if (machine.runtime.supported) {
        print([["none", ""], ["none", row("Self-test", LATENCY_HEADS)]]);
      }
    },
    messages: (latency) => print([messageLine(latency)]),
    tried: (result) => print([subjectLine(result)]),
  };
}

const hasColors = isShown.output && !environment("NO_COLOR");
const MARKS: Readonly<Record<Mark, string>> = {
  good: hasColors ? "\x1b[32m✓\x1b[0m " : "✓ ",
  bad: hasColors ? "\x1b[31m✗\x1b[0m " : "✗ ",
  none: "  ",
};

function print(lines: readonly Line[]): void {
  hideProgress();
  for (const [mark, text] of lines) writeOutput((MARKS[mark] + text).trimEnd() + "\n");
}

/** A line that is there only until the next one. */
function showProgress(what: string): void {
  if (isShown.error) writeError(`\r\x1b[K… ${what}`); // not covered: only at a terminal
}

function hideProgress(): void {
  if (isShown.error) writeError("\r\x1b[K"); // not covered: only at a terminal
}
