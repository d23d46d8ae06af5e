/**
 * Node's permission model, as it holds this program itself.
 *
 * @module
 */

import { resolve } from "node:path";
import { process } from "./builtins.ts";
import { runtime } from "./current.ts";

const FLAGS = new Set([
  "--permission",
  "--experimental-permission",
  "--permission-audit",
  "--allow-fs-read",
  "--allow-fs-write",
  "--allow-fs-vfs",
  "--allow-worker",
  "--allow-child-process",
  "--allow-addons",
  "--allow-wasi",
  "--allow-net",
  "--allow-ffi",
  "--allow-inspector",
  "--allow-openssl-store",
]);

/** Whether this is a flag of the permission model, with or without a value, in whatever spelling. */
export function isPermissionFlag(flag: string): boolean {
  return FLAGS.has(flag.split("=", 1)[0]!.replaceAll("_", "-"));
}

/** What Node's permission model lets a program do. */
interface NodePermissions {
  /** Whether something can be done; without a path, whether it can be done to all files. */
  has(scope: string, path?: string): boolean;
  /** The files and folders named for `"fs.read"` or `"fs.write"`. */
  granted(scope: "fs.read" | "fs.write"): readonly string[];
}

/** What this program may do; `undefined` if the permission model does not hold it. */
export function nodePermissions(): NodePermissions | undefined {
  const { permission } = process as { permission?: { has(scope: string, path?: string): boolean } };
  if (runtime.name !== "node" || permission === undefined) return undefined;
  return { // not covered: only under Node's permission model, which turns coverage off
    has: (scope, path) => permission.has(scope, path),
    granted: (scope) => pathsAfter(`--allow-${scope.replace(".", "-")}`),
  };
}

/** The values of a flag. What ends in a star, but is no folder, names nothing that can be passed on. */
function pathsAfter(flag: string): readonly string[] { // not covered: only under Node's permission model, which turns coverage off
  const words = [...process.execArgv, ...wordsOf(process.env.NODE_OPTIONS ?? "")];
  const values = words.flatMap((word, index) => {
    const [name = "", ...value] = word.split("=");
    if (name.replaceAll("_", "-") !== flag) return [];
    return value.length > 0 ? [value.join("=")] : words.slice(index + 1, index + 2);
  });
  return values.map((path) => resolve(path.replace(/[\\/]\*$/, "")))
    .filter((path) => !path.includes("*"));
}

/** NODE_OPTIONS without flags of the permission model; `undefined` if there are none. */
export function optionsWithoutPermissions(): string | undefined {
  const { NODE_OPTIONS } = process.env;
  if (NODE_OPTIONS === undefined) return undefined;
  const words = wordsOf(NODE_OPTIONS);
  const kept: string[] = [];
  let drops = false;
  for (const word of words) {
    // A word that is no flag belongs to the flag before it.
    drops = word.startsWith("-") ? isPermissionFlag(word) : drops;
    if (!drops) kept.push(word);
  }
  if (kept.length === words.length) return undefined;
  return kept.map((word) => /["\s]/.test(word) ? JSON.stringify(word) : word).join(" ");
}

/** The words of NODE_OPTIONS, which may be in quotation marks. */
function wordsOf(options: string): string[] {
  const words = options.match(/(?:"(?:\\.|[^"\\])*"|\S)+/g) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"/g, (_, quoted: string) => quoted.replace(/\\(.)/g, "$1"))
  );
}
