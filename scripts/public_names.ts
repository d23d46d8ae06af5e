// The public names of the library, out of what `deno doc` says of its entry points: exports, options, codes.

import { spawnSync } from "node:child_process";
import process from "node:process";

/** The part of the output of `deno doc --json` that is used here. */
export interface DocJson {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocSymbol[] }>>;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

interface Declaration {
  readonly kind: string;
  readonly jsDoc?: { readonly doc?: string };
  readonly def?: {
    readonly properties?: readonly Property[];
    readonly extends?: readonly DocType[];
    readonly tsType?: DocType;
  };
}

interface Property {
  readonly name: string;
  readonly tsType?: DocType;
  readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly { readonly kind: string }[] };
}

interface DocType {
  readonly kind: string;
  readonly repr?: string;
  readonly value?: unknown;
}

/** An export. */
export interface PublicName {
  readonly name: string;
  readonly kind: string;
  /** Whether it is there when the program runs. */
  readonly isValue: boolean;
  /** What the comment says, up to the end of its first sentence. */
  readonly summary: string;
}

/** What `deno doc` says of entry points. */
export function docOf(root: string, entryPoints: readonly string[]): DocJson {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["doc", "--json", ...entryPoints],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    },
  );
  if (status !== 0) throw new Error(`deno doc: ${stderr}`);
  return JSON.parse(stdout);
}

/** The exports of an entry point, in the order of their names. */
export function exportsOf(doc: DocJson, entryPoint: string): PublicName[] {
  return symbolsOf(doc, entryPoint).map(({ name, declarations }) => {
    const [declaration] = declarations;
    const text = declarations.map(({ jsDoc }) => jsDoc?.doc).find((one) => one !== undefined) ?? "";
    const { kind } = declaration!;
    return {
      name,
      kind,
      isValue: kind !== "interface" && kind !== "typeAlias",
      summary: summaryOf(text),
    };
  }).sort((one, other) => one.name < other.name ? -1 : 1);
}

function symbolsOf({ nodes }: DocJson, entryPoint: string): readonly DocSymbol[] {
  const found = Object.entries(nodes).find(([url]) => url.endsWith(`/${entryPoint}`));
  if (found === undefined) throw new Error(`deno doc says nothing of ${entryPoint}`);
  return found[1].symbols;
}

function summaryOf(text: string): string {
  const paragraph = text.split("\n\n")[0]!.replaceAll("\n", " ");
  const sentence = /^.*?\.(?= |$)/.exec(paragraph)?.[0] ?? paragraph;
  return sentence.replace(/\{@linkcode ([^}]*)\}/g, "`$1`").replace(/[.:]$/, "").trim();
}

/** The members of a union of texts, such as the codes of errors. */
export function textsOf(doc: DocJson, entryPoint: string, name: string): string[] {
  const texts: string[] = [];
  const collect = (type: DocType | undefined): void => {
    if (type?.kind === "union") { for (const one of type.value as DocType[]) collect(one); }
    if (type?.kind === "literal") texts.push((type.value as { string: string }).string);
  };
  const symbol = symbolsOf(doc, entryPoint).find((one) => one.name === name);
  collect(symbol?.declarations[0]?.def?.tsType);
  return texts;
}

/**
 * Every option below an interface, as it is written: `worker.timers.parkMs`. What leads to more options is
 * not listed itself, but for what can also be given as something else. Of old names there is nothing below.
 */
export function optionsOf(doc: DocJson, entryPoint: string, name: string): string[] {
  const symbols = new Map(symbolsOf(doc, entryPoint).map((symbol) => [symbol.name, symbol]));

  const fieldsOf = (type: DocType | undefined): readonly Property[] => {
    if (type === undefined) return [];
    if (type.kind === "union") return (type.value as DocType[]).flatMap(fieldsOf);
    if (type.kind === "typeLiteral") {
      return (type.value as { properties?: readonly Property[] }).properties ?? [];
    }
    if (type.kind !== "typeRef") return [];
    const { typeName } = type.value as { typeName: string };
    return propertiesOf(symbols.get(typeName));
  };
  const propertiesOf = (symbol: DocSymbol | undefined): readonly Property[] =>
    symbol?.declarations.flatMap(({ kind, def }) =>
      kind === "interface" ? def?.properties ?? [] : []
    ) ?? [];
  const paths = (properties: readonly Property[], prefix: string): string[] =>
    properties.flatMap(({ name, tsType, jsDoc }) => {
      const path = prefix + name;
      const isOld = jsDoc?.tags?.some(({ kind }) => kind === "deprecated") ?? false;
      const inner = isOld ? [] : paths(fieldsOf(tsType), `${path}.`);
      return inner.length === 0 || tsType?.kind === "union" ? [path, ...inner] : inner;
    });
  return paths(propertiesOf(symbols.get(name)), "");
}
