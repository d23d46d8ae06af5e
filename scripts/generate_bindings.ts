// Makes what the runtimes need to call the native library out of its header, ffi/knitting.h:
//
//   deno run -A scripts/generate_bindings.ts [--check]
//
//   src/native/symbols.ts      names, types and error numbers, for Deno.dlopen and bun:ffi
//   ffi/node_functions.inc     one Node-API function for each function, for Node
//
// With --check nothing is written; the exit code is 1 if a file is not what it would be.

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = new URL("..", import.meta.url);

/** What a C type is called in src/native/, and what JavaScript has for it. */
const TYPES: Record<string, { name: string; script: string; get: string; variable: string }> = {
  "int32_t": { name: "i32", script: "number", get: "get_number", variable: "int64_t" },
  "int64_t": { name: "i64", script: "number", get: "get_number", variable: "int64_t" },
  "uint64_t": { name: "u64", script: "number", get: "get_number", variable: "int64_t" },
  "const char *": { name: "text", script: "string", get: "get_text", variable: "char" },
  "const void *": {
    name: "buffer",
    script: "ArrayBuffer | ArrayBufferView",
    get: "get_buffer",
    variable: "const void *",
  },
};

interface Parameter {
  readonly name: string;
  readonly type: string;
}

interface Declaration {
  readonly name: string;
  readonly result: string;
  readonly parameters: readonly Parameter[];
  readonly comment: string;
}

interface Header {
  readonly version: number;
  readonly errors: readonly { name: string; number: number; meaning: string }[];
  readonly declarations: readonly Declaration[];
}

/** Reads declarations and error numbers; throws for what it does not understand. */
export function parseHeader(text: string): Header {
  const version = /#define KNIT_INTERFACE (\d+)/.exec(text)?.[1];
  if (version === undefined) throw new Error("the header does not define KNIT_INTERFACE");
  const errors = [...text.matchAll(/#define KNIT_(E[A-Z]+) (\d+) +\/\* (.*?) \*\//g)]
    .map(([, name, number, meaning]) => ({
      name: name!,
      number: Number(number),
      meaning: meaning!,
    }));
  const declarations = [...text.matchAll(/(?:\/\*((?:(?!\*\/).)*)\*\/\n)?^KNIT_API ([^;]*);/gms)]
    .map(([, comment, source]) => parseDeclaration(source!, comment ?? ""));
  return { version: Number(version), errors, declarations };
}

function parseDeclaration(source: string, comment: string): Declaration {
  const match = /^(\w+) (knit_\w+)\(([^)]*)\)$/.exec(source.replace(/\s+/g, " "));
  if (match === null) throw new Error(`cannot read the declaration "${source}"`);
  const [, result, name, list] = match;
  const parameters = list === "void" ? [] : list!.split(", ").map((parameter) => {
    const match = /^(.*\W)(\w+)$/.exec(parameter);
    if (match === null) throw new Error(`the parameter "${parameter}" of ${name} has no name`);
    return { type: typeOf(match[1]!.trim()), name: match[2]! };
  });
  typeOf(result!);
  return { name: name!, result: result!, parameters, comment: plain(comment) };
}

function typeOf(type: string): string {
  if (!(type in TYPES)) throw new Error(`"${type}" is not a type that bindings are made for`);
  return type;
}

function plain(comment: string): string {
  return comment.replace(/^\s*\*? ?/gm, "").trim();
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** src/native/symbols.ts. */
function writeSymbols({ version, errors, declarations }: Header): string {
  const table = declarations.map(({ name, result, parameters }) => {
    const types = parameters.map(({ type }) => `"${TYPES[type]!.name}"`).join(", ");
    return `  ${name}: { parameters: [${types}], result: "${TYPES[result]!.name}" },\n`;
  });
  const methods = declarations.map(({ name, result, parameters, comment }) => {
    const list = parameters.map(({ name, type }) => `${camel(name)}: ${TYPES[type]!.script}`);
    const lines = comment.split("\n");
    const text = lines.length === 1
      ? `  /** ${lines[0]} */\n`
      : `  /**\n${lines.map((line) => `   * ${line}`.trimEnd() + "\n").join("")}   */\n`;
    return `${text}  ${name}(${list.join(", ")}): ${TYPES[result]!.script};\n`;
  });
  const numbers = errors.map(({ number, name, meaning }) =>
    `  ${number}: { name: "${name}", meaning: "${meaning}" },\n`
  );
  return `// Made from ffi/knitting.h by scripts/generate_bindings.ts; do not edit.

/**
 * The functions of the native library.
 *
 * @module
 */

import type { NativeSymbol } from "../runtime/native_module.ts";

/** What the library must say of itself. */
export const INTERFACE = ${version};

/** An error of the operating system. */
interface NativeError {
  readonly name: string;
  readonly meaning: string;
}

/** What the error numbers mean. */
export const errors: Readonly<Record<number, NativeError>> = {
${numbers.join("")}};

/** How the functions are called. */
export const symbols: Readonly<Record<keyof NativeFunctions, NativeSymbol>> = {
${table.join("")}};

/** The functions as JavaScript sees them. A negative result is the negative of an error number. */
export interface NativeFunctions {
${methods.join("\n")}}
`;
}

/** ffi/node_functions.inc. */
function writeNodeFunctions({ declarations }: Header): string {
  const functions = declarations.map(({ name, parameters }) => {
    const body = parameters.length === 0
      ? "  (void)info;\n"
      : `  napi_value arguments[MOST_ARGUMENTS];\n${parameters.map(variable).join("")}` +
        `  if (get_arguments(env, info, arguments) < ${parameters.length}${
          parameters.map(getter).join("")
        }) {\n    return make_number(env, -KNIT_EINVAL);\n  }\n`;
    const call = `${name}(${parameters.map(argument).join(", ")})`;
    return `static napi_value node_${name}(napi_env env, napi_callback_info info) {\n` +
      `${body}  return make_number(env, ${call});\n}\n`;
  });
  const table = declarations.map(({ name }) => `  {"${name}", node_${name}}`);
  return `/* Made from knitting.h by scripts/generate_bindings.ts; do not edit. */

${functions.join("\n")}
#define NODE_FUNCTIONS \\
${table.join(", \\\n")}
`;
}

function variable({ type, name }: Parameter): string {
  if (type === "const char *") return `  char ${name}[TEXT_SIZE];\n`;
  const declared = TYPES[type]!.variable;
  return `  ${declared}${declared.endsWith("*") ? "" : " "}${name};\n`;
}

function getter({ type, name }: Parameter, index: number): string {
  const target = type === "const char *" ? name : `&${name}`;
  return ` ||\n      !${TYPES[type]!.get}(env, arguments[${index}], ${target})`;
}

function argument({ type, name }: Parameter): string {
  return TYPES[type]!.variable === "int64_t" && type !== "int64_t" ? `(${type})${name}` : name;
}

function main(check: boolean): void {
  const header = parseHeader(readFileSync(new URL("ffi/knitting.h", ROOT), "utf8"));
  const files = {
    "src/native/symbols.ts": writeSymbols(header),
    "ffi/node_functions.inc": writeNodeFunctions(header),
  };
  for (const [path, text] of Object.entries(files)) {
    const url = new URL(path, ROOT);
    if (!check) writeFileSync(url, text);
    else if (readFileSync(url, "utf8") !== text) {
      console.error(`${fileURLToPath(url)} is not what ffi/knitting.h says: deno task bindings`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) main(process.argv.includes("--check"));
