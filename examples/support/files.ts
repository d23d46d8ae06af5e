import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "./program.ts";

/** Pages about this project, to work on when no file is named. */
const PAGES = new URL("../../docs/", import.meta.url);

/** @throws {UserError} if one of the named files does not exist */
export function namedFilesOrPages(named: readonly string[]): readonly string[] {
  const missing = named.find((file) => !existsSync(file));
  if (missing !== undefined) throw new UserError(`Cannot find the file ${missing}`);
  if (named.length > 0) return named;
  const pages = readdirSync(PAGES).filter((name) => name.endsWith(".md")).sort();
  return pages.map((page) => fileURLToPath(new URL(page, PAGES)));
}
