// Finds Chromium, for the tests of the bundle for browsers.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

export interface Chromium {
  readonly path: string;
  readonly version: string;
}

/** The one that CHROMIUM_BINARY names, or one on PATH; `undefined` if there is none. */
export function findChromium(): Chromium | undefined {
  const { CHROMIUM_BINARY, PATH = "" } = process.env;
  const paths = CHROMIUM_BINARY
    ? [CHROMIUM_BINARY]
    : PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  for (const path of paths.filter((path) => existsSync(path))) {
    const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    const version = /[\d.]+/.exec(stdout ?? "")?.[0];
    if (status === 0 && version !== undefined) return { path, version };
  }
  return undefined;
}
