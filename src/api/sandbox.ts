/**
 * The sandbox of workers that are processes.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import type { FileView } from "../runtime/file_view.ts";
import type { ProcessProgram } from "../runtime/process_command.ts";
import { failureOf } from "../runtime/processes.ts";
import { programPath } from "../runtime/program_path.ts";
import { workingDirectory } from "../runtime/threads.ts";
import { SANDBOX, type SandboxNeeds, sandboxWords } from "../safety/bubblewrap.ts";
import type { Policy } from "../safety/policy.ts";

/** How long a sandbox with nothing in it may take to start. */
const PROBE_MS = 10_000;

/** A runtime in a sandbox. */
interface Sandbox {
  /** What goes before the command. */
  readonly words: readonly string[];
  /** The runtime, by the path that it has inside. */
  readonly program: ProcessProgram;
}

/**
 * The sandbox for a policy, tried with the runtime that is to run in it.
 *
 * @param own what it is given whatever the policy says: the library's code, and memory for files
 * @throws {KnittingError} `KNT_ERROR_PERMISSION` if it cannot be had: nothing runs without it then
 */
export function openSandbox(
  policy: Policy,
  { path, ...rest }: ProcessProgram,
  own: Pick<SandboxNeeds, "read" | "filesMb">,
  files: FileView,
): Sandbox {
  const program = programPath(path);
  if (program === undefined) throw unavailable(`there is no program ${path}`);
  const needs = { ...own, program, workingDirectory: workingDirectory() };
  const words = sandboxWords(policy, needs, files);
  const failure = failureOf([...words, program, "--version"], PROBE_MS);
  if (failure !== undefined) throw unavailable(failure);
  return { words, program: { path: program, ...rest } };
}

function unavailable(reason: string): KnittingError {
  return new KnittingError(
    "KNT_ERROR_PERMISSION",
    `worker.sandbox: "${SANDBOX}" cannot be had here: ${reason.trim()}. It needs Linux, the program ` +
      `${SANDBOX} (bubblewrap), namespaces that this user may make, and a runtime that is no script`,
  );
}
