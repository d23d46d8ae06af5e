/**
 * The environment of workers: what the policy lets them see of the host's, and little else.
 *
 * @module
 */

import type { Policy } from "./policy.ts";

/** Environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What runtimes and the programs around them need to work at all, and what holds no secrets. */
const BASE = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "TMPDIR",
  "TMP",
  "TEMP",
  "TZ",
  "LANG",
  "LANGUAGE",
  "TERM",
  "COLORTERM",
  "NO_COLOR",
  "FORCE_COLOR",
  "LD_LIBRARY_PATH",
  "DYLD_LIBRARY_PATH",
  "XDG_CACHE_HOME",
  "DENO_DIR",
  // Windows
  "SYSTEMROOT",
  "SYSTEMDRIVE",
  "WINDIR",
  "COMSPEC",
  "PATHEXT",
  "USERPROFILE",
  "LOCALAPPDATA",
  "APPDATA",
  "PROGRAMFILES",
  "PROGRAMDATA",
]);

/** Whether every worker gets this variable, unless it is denied by name. */
function isBase(name: string): boolean {
  return BASE.has(name.toUpperCase()) || name.startsWith("LC_");
}

/**
 * What a worker's environment is.
 *
 * @param host the host's environment
 * @param fromFiles what `env.files` say; what is there already stays
 * @param extra the library's own variables, which no rule keeps out
 */
export function childEnvironment(
  { env }: Pick<Policy, "env">,
  host: Variables,
  fromFiles: Variables,
  extra: Variables,
): Record<string, string> {
  const visible = (name: string): boolean =>
    env.allow === true || isBase(name) || env.allow.includes(name);
  const kept = Object.entries(host).filter(([name]) => visible(name));
  const child: Record<string, string> = {};
  for (const [name, value] of [...Object.entries(fromFiles), ...kept]) {
    if (value !== undefined && !env.deny.includes(name)) child[name] = value;
  }
  for (const [name, value] of Object.entries(extra)) if (value !== undefined) child[name] = value;
  return child;
}
