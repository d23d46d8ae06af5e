// What every example does besides its work: reads its arguments, says what is wrong with them, and runs
// the work on a pool, on the main thread, or on both to compare.

import { availableParallelism } from "node:os";
import process from "node:process";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { KnittingError } from "../../mod.ts";

/** A whole number. */
export interface NumberOption {
  readonly help: string;
  readonly default: number;
  /** Default 1. */
  readonly least?: number;
  readonly most: number;
}

export interface TextOption {
  readonly help: string;
  /** What the text is, as the help calls it: `FILE`. */
  readonly value: string;
  readonly default?: string;
  /** Everything that is allowed, if not everything is; only with a default. */
  readonly oneOf?: readonly string[];
}

export interface Description<Options> {
  readonly name: string;
  /** What the example does, in a sentence or two. */
  readonly about: string;
  readonly options?: Options;
  /** Arguments that are not options: what one is called, what they are for, and how many there may be. */
  readonly positionals?: { readonly value: string; readonly help: string; readonly most: number };
  /** It works on the main thread and on a pool anyway, so it has neither `--host` nor `--time`. */
  readonly alwaysBoth?: boolean;
}

interface CommonSettings {
  readonly threads: number;
  readonly host: boolean;
  readonly time: boolean;
  readonly positionals: readonly string[];
}

export type Settings<Options = unknown> =
  & CommonSettings
  & {
    readonly [Name in keyof Options]: Options[Name] extends { default: number } ? number
      : Options[Name] extends { oneOf: readonly (infer One)[] } ? One
      : Options[Name] extends { default: string } ? string
      : string | undefined;
  };

type AnyOptions = Readonly<Record<string, NumberOption | TextOption>>;

/** Something to say in one line, without a stack. */
export class UserError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs an example with the arguments of this program. */
export async function runExample<const Options extends AnyOptions>(
  description: Description<Options>,
  work: (settings: Settings<Options>) => Promise<void>,
): Promise<void> {
  try {
    const settings = readArguments(description, process.argv.slice(2));
    if (settings === "help") console.log(helpOf(description));
    else await work(settings);
  } catch (error) {
    const isUnderstood = error instanceof UserError || error instanceof KnittingError;
    console.error(isUnderstood ? error.message : error);
    process.exitCode = error instanceof UserError ? error.exitCode : 1;
  }
}

/** Does the work on a pool, with `--host` on the main thread, and with `--time` on both. */
export async function run<Result>(
  { threads, host, time }: Settings,
  ways: { host: () => Result | Promise<Result>; pool: () => Promise<Result> },
): Promise<Result> {
  if (!time) return await (host ? ways.host() : ways.pool());
  const alone = await measure(ways.host);
  const pooled = await measure(ways.pool);
  if (!isDeepStrictEqual(alone.result, pooled.result)) {
    throw new UserError("The main thread and the pool have come to different results");
  }
  const speedUp = (alone.ms / pooled.ms).toFixed(2);
  process.once("beforeExit", () => {
    console.error(`${"main thread".padEnd(14)}${inSeconds(alone.ms)}`);
    console.error(
      `${`pool of ${threads}`.padEnd(14)}${inSeconds(pooled.ms)}   ${speedUp} times as fast, ` +
        "with the start of the workers",
    );
  });
  return pooled.result;
}

async function measure<Result>(
  way: () => Result | Promise<Result>,
): Promise<{ result: Result; ms: number }> {
  const start = performance.now();
  const result = await way();
  return { result, ms: performance.now() - start };
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

function commonOptions() {
  return {
    threads: { help: "workers of the pool", default: availableParallelism(), most: 1024 },
  };
}

function flagsOf({ alwaysBoth }: Description<unknown>): Record<string, string> {
  return {
    ...!alwaysBoth && {
      host: "do it on the main thread, without a pool",
      time: "do it both ways, compare the results, and print both times at the end",
    },
    help: "print this text",
  };
}

/** @throws {UserError} for arguments that cannot be used */
export function readArguments<const Options extends AnyOptions>(
  description: Description<Options>,
  args: readonly string[],
): Settings<Options> | "help" {
  const options: AnyOptions = { ...description.options, ...commonOptions() };
  const { values, positionals } = parse(description, options, args);
  if (values["help"]) return "help";
  const { host = false, time = false } = values;
  if (host && time) throw new UserError("--host and --time exclude each other: --time does both");
  const settings: Record<string, unknown> = { host, time, positionals };
  for (const [name, option] of Object.entries(options)) {
    settings[name] = valueOf(name, option, values[name] as string | undefined);
  }
  return settings as Settings<Options>;
}

function parse(
  description: Description<unknown>,
  options: AnyOptions,
  args: readonly string[],
): { values: Record<string, unknown>; positionals: string[] } {
  const texts = Object.keys(options).map((name) => [name, { type: "string" }] as const);
  const flags = Object.keys(flagsOf(description)).map((name) =>
    [name, { type: "boolean" }] as const
  );
  const most = description.positionals?.most ?? 0;
  try {
    const parsed = parseArgs({
      args: [...args],
      options: Object.fromEntries([...texts, ...flags]),
      allowPositionals: most > 0,
    });
    if (parsed.positionals.length <= most) return parsed;
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n${usageOf(description)}`);
  }
  const { value } = description.positionals!;
  throw new UserError(
    `Cannot take more than ${most === 1 ? "one" : most} ${value}\n${usageOf(description)}`,
  );
}

function valueOf(name: string, option: NumberOption | TextOption, given: string | undefined) {
  if (isText(option)) {
    const { oneOf } = option;
    if (given !== undefined && oneOf !== undefined && !oneOf.includes(given)) {
      throw new UserError(`--${name} must be one of ${oneOf.join(", ")}, received "${given}"`);
    }
    return given ?? option.default;
  }
  const { least = 1, most } = option;
  const value = given === undefined ? option.default : Number(given);
  if (!Number.isInteger(value) || value < least || value > most || given?.trim() === "") {
    throw new UserError(
      `--${name} must be a whole number from ${least} to ${most}, received "${given}"`,
    );
  }
  return value;
}

function isText(option: NumberOption | TextOption): option is TextOption {
  return "value" in option;
}

function usageOf({ name, positionals }: Description<unknown>): string {
  const words = ["Usage:", name];
  if (positionals) words.push(`[${positionals.value}${positionals.most > 1 ? " ..." : ""}]`);
  return [...words, "[options]"].join(" ");
}

function helpOf(description: Description<AnyOptions>): string {
  const options: AnyOptions = { ...description.options, ...commonOptions() };
  const rows: string[][] = [];
  const { positionals } = description;
  if (positionals !== undefined) rows.push([positionals.value, positionals.help]);
  for (const [name, option] of Object.entries(options)) {
    const { value = "N", oneOf = [] }: Partial<TextOption> = isText(option) ? option : {};
    const choice = oneOf.length > 0 ? `: ${oneOf.join(", ")}` : "";
    const byDefault = option.default === undefined ? "" : ` (default ${option.default})`;
    rows.push([`--${name} ${value}`, option.help + choice + byDefault]);
  }
  for (const [name, help] of Object.entries(flagsOf(description))) rows.push([`--${name}`, help]);
  const lines = rows.map(([left = "", right]) => `  ${left.padEnd(16)}${right}`);
  return [usageOf(description), "", description.about, "", ...lines].join("\n");
}
