/**
 * What a program that is run by hand needs: its arguments, and what it writes.
 *
 * @module
 */

import { process, utilities } from "./builtins.ts";

/** The arguments of this program, without the runtime's own. */
export const programArguments: readonly string[] = process.argv.slice(2);

/** Whether standard output, and standard error, are looked at by somebody. */
export const isShown: { readonly output: boolean; readonly error: boolean } = {
  output: process.stdout.isTTY === true,
  error: process.stderr.isTTY === true,
};

/** Arguments, sorted. */
interface ParsedArguments<Flag extends string> {
  readonly flags: Readonly<Partial<Record<Flag, boolean>>>;
  /** Those that are no flags. */
  readonly words: readonly string[];
}

/**
 * Sorts arguments into flags, which are on or not there, and words.
 *
 * @throws {TypeError} for a flag that is not among them
 */
export function parseArguments<Flag extends string>(
  args: readonly string[],
  flags: readonly Flag[],
): ParsedArguments<Flag> {
  const options = Object.fromEntries(flags.map((flag) => [flag, { type: "boolean" as const }]));
  const { values, positionals } = utilities().parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
  });
  return { flags: values as ParsedArguments<Flag>["flags"], words: positionals };
}

/** Writes to standard output. */
export function writeOutput(text: string): void {
  process.stdout.write(text);
}

/** Writes to standard error. */
export function writeError(text: string): void {
  process.stderr.write(text);
}

/** With what the program ends when it has nothing left to do. */
export function endWith(code: number): void {
  process.exitCode = code;
}

/** From now on, process warnings are not written: whoever asks for this tells what they say by itself. */
export function muteWarnings(): void {
  process.removeAllListeners("warning");
  process.on("warning", () => {});
}
