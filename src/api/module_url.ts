/**
 * Which module called: workers import it again. Found in the call stack, or declared.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { pathToUrl } from "../runtime/threads.ts";

let declared: string | undefined;

/**
 * Declares the module for all later calls of `task` and `createPool`, in bundles and on runtimes
 * whose call stacks do not name files, and on Bun for a function that ends in `return task(...)` on
 * behalf of another module: such a tail call is not on its stack. Not needed otherwise, and harmless.
 *
 * In a bundle exports may be gone. So workers also find definitions that their module does not export,
 * if it has declared itself; they must be made at its top level.
 *
 * @param url `import.meta.url` of the module; `undefined` or `""` takes the declaration back
 *
 * @example
 * ```ts
 * import { setModuleUrl } from "@vixeny/knitting";
 *
 * setModuleUrl(import.meta.url);
 * ```
 */
export function setModuleUrl(url: string | undefined): void {
  declared = url === undefined || url === "" ? undefined : toModuleUrl(url);
}

/** Where a function was called. */
export interface Caller {
  /** URL of the module. */
  readonly url: string;
  /** Whether the module has declared itself. */
  readonly declared: boolean;
  /** Line and column of the call in its source, the same on all runtimes; `""` if nobody knows. */
  readonly position: string;
}

/**
 * The module that called `callee`, and where.
 *
 * @throws {KnittingError} `KNT_ERROR_NO_CALLER` if the stack does not tell which module
 */
export function callerOf(callee: (...args: never[]) => unknown): Caller {
  const found = firstFile(stackBelow(callee));
  const url = declared ?? found?.url;
  if (url !== undefined) {
    return { url, declared: declared !== undefined, position: found?.position ?? "" };
  }
  throw new KnittingError(
    "KNT_ERROR_NO_CALLER",
    "Unable to determine caller file. Call setModuleUrl(import.meta.url) before the first task() " +
      "or createPool() of the module.",
  );
}

/** The URL of `href`, which is a URL, an absolute path, or a path relative to the module `base`. */
export function moduleUrl(href: string, base: string): string {
  const isAbsolutePath = /^(?:[\\/]|[A-Za-z]:[\\/])/.test(href);
  return isAbsolutePath ? toModuleUrl(href) : new URL(href, base).href;
}

/** `url` as it is, a path as a `file://` URL. */
function toModuleUrl(url: string): string {
  if (/^[A-Za-z]:[\\/]/.test(url)) return `file:///${encodePath(url)}`;
  if (url.startsWith("\\\\")) return `file:${encodePath(url)}`;
  return /^[A-Za-z][A-Za-z0-9+.-]+:/.test(url) ? url : pathToUrl(url);
}

function encodePath(path: string): string {
  return encodeURI(path.replaceAll("\\", "/")).replaceAll("#", "%23").replaceAll("?", "%3F");
}

/** A frame of the stack: what V8, and JavaScriptCore after it, call a call site. */
interface CallSite {
  /** The file that runs, whatever a source map says. */
  getScriptNameOrSourceURL(): string | null | undefined;
  getFileName(): string | null | undefined;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
}

/** The frames below a function, as text and, where there are any, as call sites. */
interface Stack {
  readonly text: string;
  readonly sites: readonly CallSite[];
}

function stackBelow(callee: (...args: never[]) => unknown): Stack {
  const capture = Error as unknown as {
    captureStackTrace(target: object, below: unknown): void;
    prepareStackTrace?: unknown;
  };
  // A program may have its own idea of what a stack is.
  const { prepareStackTrace } = capture;
  const capturedBy = (prepare: unknown): unknown => {
    const holder: { stack?: unknown } = {};
    capture.prepareStackTrace = prepare;
    capture.captureStackTrace(holder, callee);
    return holder.stack;
  };
  try {
    const sites = capturedBy((_: unknown, sites: unknown) => sites);
    return {
      text: String(capturedBy(undefined)),
      sites: Array.isArray(sites) ? sites : [], // not covered: only in browsers that have no call sites
    };
  } finally {
    capture.prepareStackTrace = prepareStackTrace;
  }
}

type Place = Omit<Caller, "declared">;

/**
 * The first frame in a file. By text, source maps lead from files that a compiler has made to its sources:
 * workers must import what runs. Only the place of a module that the runtime has compiled itself is taken
 * from there, because it has the same file.
 */
function firstFile({ text, sites }: Stack): Place | undefined {
  const shown = firstLine(text);
  for (const site of sites) {
    const file = site.getScriptNameOrSourceURL();
    if (!file || !isFile(file)) continue;
    const url = toModuleUrl(file);
    if (url === shown?.url) return shown;
    const isMapped = toModuleUrl(site.getFileName() ?? "") !== url; // not covered: a script that has a URL has a file
    return { url, position: isMapped ? "" : `${site.getLineNumber()}:${site.getColumnNumber()}` }; // not covered: only where the text of a stack names another file than its call sites
  }
  return shown;
}

/** The first line that names a file: `at f (file:///a.ts:1:2)`, `at /a.ts:1:2`. */
function firstLine(stack: string): Place | undefined {
  for (const line of stack.split("\n")) {
    const match = /(?:\(|at (?:async )?)([^()\s][^()]*?):(\d+(?::\d+)?)\)?\s*$/.exec(line);
    const [, file, position = ""] = match ?? [];
    if (file !== undefined && isFile(file)) return { url: toModuleUrl(file), position };
  }
  return undefined;
}

/** Whether the name of a script is a path or a URL, and not of the runtime's own. */
function isFile(name: string): boolean {
  return /^(?:[A-Za-z][A-Za-z0-9+.-]+:|\/|[A-Za-z]:\\|\\\\)/.test(name) &&
    !/^(?:node|ext|bun|native|internal):/.test(name);
}
