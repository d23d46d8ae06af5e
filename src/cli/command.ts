/**
 * The `knitting` command.
 *
 * @module
 */

import { projectFile } from "../runtime/project_file.ts";
import {
  endWith,
  isShown,
  parseArguments,
  programArguments,
  writeError,
  writeOutput,
} from "../runtime/terminal.ts";
import { environment } from "../runtime/environment.ts";
import { examine, type Listener } from "./doctor.ts";
import {
  enforcementLines,
  LATENCY_HEADS,
  type Line,
  machineLines,
  type Mark,
  messageLine,
  problemLines,
  row,
  subjectLine,
} from "./print.ts";

const HELP = `knitting: a worker pool for Node, Deno and Bun

  knitting doctor    say what this machine offers, and try out pools of every kind;
                     takes about ten seconds

  --json             print one JSON object and nothing else
  --quick            the same checks, and figures that only show that there are some
  --help             print this
  --version          print the version

Exit codes: 0 if all works that must, 1 if something does not, 2 for arguments that make no sense.
`;

/** Exit code for arguments that make no sense. */
const MISUSE = 2;

const FLAGS = ["json", "quick", "help", "version"] as const;

/** Does what the arguments of this program say. */
export async function runCommand(): Promise<void> {
  let parsed;
  try {
    parsed = parseArguments(programArguments, FLAGS);
  } catch (error) {
    return refuse((error as Error).message);
  }
  const { flags, words: [command, ...more] } = parsed;
  if (flags.help) return writeOutput(HELP);
  if (flags.version) return writeOutput(`${(await projectFile()).version ?? "unknown"}\n`);
  if (command !== "doctor") {
    return refuse(
      command === undefined ? "a command is expected" : `"${command}" is no command of knitting`,
    );
  }
  if (more.length > 0) return refuse(`doctor takes no "${more[0]}"`);
  const { quick = false, json = false } = flags;
  const report = await examine(quick, json ? silentListener() : printingListener());
  if (json) writeOutput(JSON.stringify(report, null, 2) + "\n");
  else {
    print([["none", ""], ["none", 'Who enforces permission: "strict"']]);
    print(enforcementLines(report).map((text) => ["none", `  ${text}`]));
    if (report.problems.length > 0) print([["none", ""], ...problemLines(report)]);
    print([["none", ""], report.ok ? ["good", "All works that must."] : ["bad", "See above."]]);
  }
  endWith(report.ok ? 0 : 1);
}

function refuse(reason: string): void {
  writeError(`knitting: ${reason}\nSee knitting --help\n`);
  endWith(MISUSE);
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
      const title = `knitting ${knitting ?? "of an unknown version"}`;
      print([["none", row(title, [])], ["none", ""], ...machineLines(machine)]);
      print([["none", ""], ["none", row("Self-test", LATENCY_HEADS)]]);
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
  if (isShown.error) writeError(`\r\x1b[K… ${what}`);
}

function hideProgress(): void {
  if (isShown.error) writeError("\r\x1b[K");
}
