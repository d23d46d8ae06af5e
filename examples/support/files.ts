import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "./program.ts";

/** Pages of this project, to work on when no file is named. */
const PAGES = ["README.md", "CHANGELOG.md", "src/README.md", "bench/README.md"];

/** @throws {UserError} if one of the named files does not exist */
export function namedFilesOrPages(named: readonly string[]): readonly string[] {
  const missing = named.find((file) => !existsSync(file));
  if (missing !== undefined) throw new UserError(`Cannot find the file ${missing}`);
  if (named.length > 0) return named;
  return PAGES.map((page) => fileURLToPath(new URL(`../../${page}`, import.meta.url)));
}
