// A plugin that looks around in what is none of its business. A sandbox may let it start the very program that
// it runs in: what it starts is in the sandbox, too.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

export interface Targets {
  readonly file: string;
  readonly url: string;
  readonly variable: string;
}

/** What it tried, and whether it got through. */
export async function spy({ file, url, variable }: Targets): Promise<Record<string, boolean>> {
  const succeeds = async (act: () => unknown): Promise<boolean> => {
    try {
      return Boolean(await act());
    } catch {
      return false;
    }
  };
  return {
    "read a file of the host": await succeeds(() => readFileSync(file, "utf8")),
    "write to it": await succeeds(() => (writeFileSync(file, "spy was here"), true)),
    "read the environment": await succeeds(() => process.env[variable]),
    "talk to a server": await succeeds(async () => (await fetch(url)).ok),
    "start a program": await succeeds(() => execFileSync(process.execPath, ["--version"])),
  };
}
