/**
 * Checks what a user wrote under `permission`. Defaults are filled in later, by `resolvePolicy`: they
 * depend on the tasks.
 *
 * @module
 */

import { received } from "../errors.ts";
import type { Allowed, PolicyRequest } from "../safety/policy.ts";
import { boolean, fields, type Given, oneOf, optionalFields, optionalText } from "./checks.ts";
import type { PermissionProtocol } from "./permission_options.ts";

const names = [
  "mode",
  "console",
  "onGap",
  "cwd",
  "read",
  "write",
  "denyRead",
  "denyWrite",
  "net",
  "denyNet",
  "allowImport",
  "env",
  "run",
  "denyRun",
  "workers",
  "ffi",
  "denyFfi",
  "sys",
  "denySys",
  "wasi",
  "node",
  "deno",
] as const;

type Part<K extends keyof PermissionProtocol> = NonNullable<PermissionProtocol[K]>;

/**
 * @throws {TypeError} for a field that does not exist, and for a value of the wrong type
 */
export function resolvePermission(permission: unknown): PolicyRequest {
  if (permission === undefined) return resolveFields({ allowImport: true });
  if (typeof permission !== "string") return resolveFields(permission);
  return resolveFields({
    mode: oneOf("permission", permission, undefined, ["strict", "unsafe", "off"]),
  });
}

function resolveFields(permission: unknown): PolicyRequest {
  const o: Given<PermissionProtocol> = fields("permission", permission, names);
  const mode = oneOf("permission.mode", o.mode, "strict", ["strict", "unsafe", "custom", "off"]);
  return {
    mode: mode === "off" ? "unsafe" : mode,
    console: flag("console", o.console),
    onGap: oneOf("permission.onGap", o.onGap, "warn", ["warn", "throw"]),
    cwd: optionalText("permission.cwd", o.cwd, undefined),
    read: allowed("read", o.read, path),
    write: allowed("write", o.write, path),
    denyRead: list("denyRead", o.denyRead, path),
    denyWrite: list("denyWrite", o.denyWrite, path),
    net: allowed("net", o.net, name),
    denyNet: list("denyNet", o.denyNet, name),
    allowImport: allowed("allowImport", o.allowImport, name),
    env: resolveEnv(o.env),
    run: allowed("run", o.run, name),
    denyRun: list("denyRun", o.denyRun, name),
    workers: flag("workers", o.workers),
    ffi: o.ffi === false ? [] : allowed("ffi", o.ffi, path),
    denyFfi: list("denyFfi", o.denyFfi, path),
    sys: allowed("sys", o.sys, name),
    denySys: list("denySys", o.denySys, name),
    wasi: flag("wasi", o.wasi),
    node: resolveNode(o.node),
    deno: resolveDeno(o.deno),
  };
}

function resolveEnv(env: unknown): PolicyRequest["env"] {
  const o: Given<Part<"env">> = optionalFields("permission.env", env, ["allow", "deny", "files"]);
  const files = typeof o.files === "string" || o.files instanceof URL ? [o.files] : o.files;
  return {
    allow: allowed("env.allow", o.allow, name),
    deny: list("env.deny", o.deny, name),
    files: list("env.files", files, path),
  };
}

function resolveNode(node: unknown): PolicyRequest["node"] {
  const o: Given<Part<"node">> = optionalFields("permission.node", node, [
    "allowWorker",
    "allowChildProcess",
    "allowAddons",
    "allowFfi",
    "allowWasi",
  ]);
  return {
    allowWorker: flag("node.allowWorker", o.allowWorker),
    allowChildProcess: flag("node.allowChildProcess", o.allowChildProcess),
    allowAddons: flag("node.allowAddons", o.allowAddons),
    allowFfi: flag("node.allowFfi", o.allowFfi),
    allowWasi: flag("node.allowWasi", o.allowWasi),
  };
}

function resolveDeno(deno: unknown): PolicyRequest["deno"] {
  const o: Given<Part<"deno">> = optionalFields("permission.deno", deno, [
    "lock",
    "frozen",
    "allowRun",
  ]);
  const lock = o.lock;
  return {
    lock: lock === undefined || typeof lock === "boolean"
      ? lock
      : path("permission.deno.lock", lock),
    frozen: flag("deno.frozen", o.frozen),
    allowRun: flag("deno.allowRun", o.allowRun),
  };
}

type Entry = (what: string, value: unknown) => string;

/** Text without spaces around it. An empty one names nothing, and is dropped from lists. */
const name: Entry = (what, value) => {
  if (typeof value === "string") return value.trim();
  throw new TypeError(`${what} must be a string, received ${received(value)}`);
};

const path: Entry = (what, value) => {
  if (value instanceof URL) value = value.href;
  if (typeof value !== "string") {
    throw new TypeError(`${what} must be a path or a file: URL, received ${received(value)}`);
  }
  const given = value.trim();
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(given) && !/^file:/i.test(given)) {
    throw new TypeError(`${what} must be a path or a file: URL, received ${received(given)}`);
  }
  if (given.includes("\0")) throw new TypeError(`${what} must not contain a NUL character`);
  return given;
};

function allowed(field: string, value: unknown, entry: Entry): Allowed | undefined {
  if (value === true) return true;
  if (value !== undefined && !Array.isArray(value)) {
    throw new TypeError(
      `permission.${field} must be true or an array, received ${received(value)}`,
    );
  }
  return list(field, value, entry);
}

/** Every entry once, those left out that are empty. */
function list(field: string, value: unknown, entry: Entry): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const what = `permission.${field}`;
  if (!Array.isArray(value)) {
    throw new TypeError(`${what} must be an array, received ${received(value)}`);
  }
  const entries = value.map((one, index) => entry(`${what}[${index}]`, one));
  return [...new Set(entries)].filter((one) => one !== "");
}

function flag(field: string, value: unknown): boolean | undefined {
  return boolean(`permission.${field}`, value, undefined);
}
