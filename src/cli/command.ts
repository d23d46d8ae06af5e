/**
 * The `knitting` command.
 *
 * @module
 */

import { projectFile } from "../runtime/project_file.ts";
import {
  endWith,
  parseArguments,
  programArguments,
  writeError,
  writeOutput,
} from "../runtime/terminal.ts";

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
  if (flags.version) return writeOutput(`${(await projectFile()).version ?? "unknown"}\n`); // not covered: only in a bundle, which tests/package/ runs
  if (command !== "doctor") {
    return refuse(
      command === undefined ? "a command is expected" : `"${command}" is no command of knitting`,
    );
  }
  if (more.length > 0) return refuse(`doctor takes no "${more[0]}"`);
  const { quick = false, json = false } = flags;
  const { runDoctor } = await import("./run_doctor.ts"); // help needs none of the library
  await runDoctor(quick, json);
}

function refuse(reason: string): void {
  writeError(`knitting: ${reason}\nSee knitting --help\n`);
  endWith(MISUSE);
}
