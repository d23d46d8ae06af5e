import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { RuntimeName } from "../../src/runtime/runtime.ts";

/** How a program ended, and what it wrote. */
interface ProgramEnd {
  code: number | null;
  /** Whether it was still running after the limit and had to be killed. */
  late: boolean;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** The working directory; that of the tests if left out. */
  cwd?: string;
  /** Flags for the runtime itself. */
  flags?: readonly string[];
  /** Whether Deno allows everything. Default true; others are not asked. */
  permissions?: boolean;
  limitMs?: number;
}

const { versions } = process;

/** The runtime that runs the tests; programs run under the same. */
export const runtimeName: RuntimeName = versions["deno"] !== undefined
  ? "deno"
  : versions["bun"] !== undefined
  ? "bun"
  : "node";

/** Flags with which a program can force the garbage collector; Bun has it without. */
export const collectorFlags: readonly string[] = {
  deno: ["--v8-flags=--expose-gc"],
  node: ["--expose-gc"],
  bun: [],
}[runtimeName];

/** Whether programs may say `using`; Node 22 cannot read it. */
export const parsesUsing: boolean = canParse("{ using nothing = null; }");

function canParse(statements: string): boolean {
  try {
    new Function(statements);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program of `tests/fixtures/programs/`, or any other by its URL, to its end. */
export function runProgram(file: string | URL, options: ProgramOptions = {}): Promise<ProgramEnd> {
  const path = fileURLToPath(new URL(file, new URL("../fixtures/programs/", import.meta.url)));
  const { permissions = true } = options;
  const command = [
    ...runtimeCommand(permissions),
    ...options.flags ?? [],
    path,
    ...options.args ?? [],
  ];
  const child = spawn(process.execPath, command, {
    env: { ...cleanEnvironment(), ...options.env },
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    const end: ProgramEnd = { code: null, late: false, stdout: "", stderr: "" };
    const timer = setTimeout(() => {
      end.late = true;
      child.kill("SIGKILL");
    }, options.limitMs ?? 20_000);
    child.stdout.setEncoding("utf8").on("data", (text: string) => end.stdout += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => end.stderr += text);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ ...end, code });
    });
  });
}

/** What comes before a program on the command line of the runtime; Deno may be given all permissions. */
export function runtimeCommand(permissions: boolean): string[] {
  switch (runtimeName) {
    case "deno":
      return ["run", permissions ? "-A" : "--no-prompt", "--quiet"];
    case "bun":
      return ["run"];
    case "node":
      return ["--disable-warning=ExperimentalWarning"];
  }
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1" };
  for (const name of Object.keys(env)) {
    if (name.startsWith("KNITTING_") || name.startsWith("NODE_TEST")) delete env[name];
  }
  delete env["NODE_OPTIONS"];
  delete env["FORCE_COLOR"];
  return env;
}
