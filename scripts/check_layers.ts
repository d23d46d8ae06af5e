// Checks who may import whom in src/, and that the names of a runtime stay in src/runtime/.
//
//   deno run -A scripts/check_layers.ts [root]
//
// Only the parser and the scopes of the TypeScript compiler are used: nothing is resolved, no
// type is looked at, and a name without a declaration in its file is a global.

import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import * as ast from "typescript/unstable/ast";
import { API, type Checker } from "typescript/unstable/async";

/**
 * A room is a folder of src/, a file of src/, or a file beside src/. Everything that a room may
 * import besides itself is listed.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  mod: ["api", "pool", "codec", "runtime", "worker", "errors"],
  metrics: ["pool", "telemetry"],
  opentelemetry: ["telemetry"],
  task: ["api", "codec", "runtime", "errors"],
  lazy: ["api", "codec", "runtime", "worker", "errors"],
  browser: ["mod", "worker"],
  shared_memory: ["memory", "runtime", "errors"],
  unsafe: ["memory", "errors"],
  cli: ["mod", "shared_memory", "task", "native", "transport", "runtime"],
  api: ["pool", "codec", "memory", "runtime", "safety", "errors"],
  pool: ["streams", "codec", "memory", "transport", "runtime", "safety", "errors"],
  worker: ["streams", "codec", "memory", "transport", "runtime", "safety", "errors"],
  streams: ["codec", "runtime", "errors"],
  codec: ["memory", "runtime", "transport", "errors"],
  memory: ["native", "runtime", "errors"],
  native: ["transport", "runtime", "errors"],
  runtime: ["transport", "errors"],
  transport: ["errors"],
  safety: ["errors"],
  telemetry: ["pool", "codec", "runtime", "errors"],
  utils: ["errors"],
  errors: [],
};

/** What the bundle for browsers is made from, and nothing else: counterparts of modules, and its entry. */
const FOR_BROWSERS = /(?:^|\/)browser(?:_\w+)?\.ts$/;

/** The room for everything that differs between runtimes. */
const RUNTIME_ROOM = "runtime";
const RUNTIME_NAMES = new Set(["Deno", "Bun", "process", "Buffer", "navigator"]);
const RUNTIME_MODULES = "node:";
const GLOBAL_OBJECTS = new Set(["globalThis", "self", "window", "global"]);

interface Violation {
  /** Relative to the root, with forward slashes. */
  path: string;
  line: number;
  message: string;
}

interface Import {
  path: string;
  line: number;
  specifier: string;
  typeOnly: boolean;
}

export async function checkLayers(root: string): Promise<Violation[]> {
  const paths = findSources(root);
  if (paths.length === 0) return [];
  const violations: Violation[] = [];
  const imports: Import[] = [];
  await forEachSource(root, paths, async (path, source, checker) => {
    const lineOf = (node: ast.Node) =>
      source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    for (const node of source.imports) {
      if (!ast.isStringLiteral(node)) continue;
      imports.push({ path, line: lineOf(node), specifier: node.text, typeOnly: isTypeOnly(node) });
    }
    if (roomOf(path) === RUNTIME_ROOM) return;
    for (const { node, name } of await findRuntimeNames(source, checker)) {
      const message = `"${name}" may be named only in src/${RUNTIME_ROOM}/`;
      violations.push({ path, line: lineOf(node), message });
    }
  });
  for (const one of imports) {
    const message = judge(one);
    if (message !== undefined) violations.push({ path: one.path, line: one.line, message });
  }
  violations.push(...findCycles(imports));
  return violations.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line);
}

function findSources(root: string): string[] {
  const inRoot = readdirSync(root);
  const inSrc = inRoot.includes("src")
    ? readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    : [];
  return [...inRoot, ...inSrc.map((path) => `src/${path.replaceAll("\\", "/")}`)]
    .filter((path) => path.endsWith(".ts"))
    .sort();
}

function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? /^(?:src\/)?([^/]+)\.ts$/.exec(path)?.[1];
}

/** Says what is wrong with an import, if anything. */
function judge({ path, specifier }: Import): string | undefined {
  const from = roomOf(path) ?? path;
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) {
    if (!specifier.startsWith(RUNTIME_MODULES)) return `"${specifier}" is not a relative import`;
    return from === RUNTIME_ROOM
      ? undefined
      : `"${specifier}" may be imported only in src/${RUNTIME_ROOM}/`;
  }
  if (!specifier.endsWith(".ts")) return `"${specifier}" does not end in ".ts"`;
  const target = targetOf(path, specifier);
  const to = roomOf(target);
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) return `room "${from}" is not in the table of check_layers.ts`;
  if (to === undefined) return `"${specifier}" is outside of src/`;
  if (FOR_BROWSERS.test(target) && !FOR_BROWSERS.test(path)) {
    return `"${specifier}" is for browsers, and would run elsewhere`;
  }
  if (to === from || allowed.includes(to)) return undefined;
  return `${from} may not import ${to} ("${specifier}")`;
}

function targetOf(path: string, specifier: string): string {
  return join(dirname(path), specifier).replaceAll("\\", "/");
}

/**
 * `import { type A }` is not type-only: with verbatimModuleSyntax the module is still loaded.
 */
function isTypeOnly(specifier: ast.Node): boolean {
  const { parent } = specifier;
  if (ast.isImportDeclaration(parent)) {
    return parent.importClause?.phaseModifier === ast.SyntaxKind.TypeKeyword;
  }
  if (ast.isExportDeclaration(parent)) return parent.isTypeOnly;
  return ast.isLiteralTypeNode(parent); // import("./x.ts").X
}

/** Finds cycles between files; types are gone when the program runs and do not count. */
function findCycles(imports: readonly Import[]): Violation[] {
  const edges = Map.groupBy(imports.filter((one) => !one.typeOnly), (one) => one.path);
  const violations: Violation[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string) => {
    trail.push(path);
    for (const { specifier, line } of edges.get(path) ?? []) {
      const target = targetOf(path, specifier);
      const start = trail.indexOf(target);
      if (start >= 0) {
        const cycle = [...trail.slice(start), target].join(" -> ");
        violations.push({ path, line, message: `cycle: ${cycle}` });
      } else if (!done.has(target)) visit(target);
    }
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) if (!done.has(path)) visit(path);
  return violations;
}

async function findRuntimeNames(source: ast.SourceFile, checker: Checker) {
  const identifiers: ast.Identifier[] = [];
  const found: { node: ast.Node; name: string }[] = [];
  const visit = (node: ast.Node): void => {
    const property = propertyOfGlobalObject(node);
    if (property !== undefined && RUNTIME_NAMES.has(property)) {
      found.push({ node, name: property });
    } else if (ast.isIdentifier(node) && RUNTIME_NAMES.has(node.text) && !isMemberName(node)) {
      identifiers.push(node);
    }
    node.forEachChild(visit);
  };
  visit(source);
  for (const node of identifiers) {
    const symbol = ast.isShorthandPropertyAssignment(node.parent)
      ? await checker.getShorthandAssignmentValueSymbol(node.parent)
      : await checker.getSymbolAtLocation(node);
    // An unknown value has no symbol, an unknown type has one without declarations.
    if (!symbol?.declarations?.length) found.push({ node, name: node.text });
  }
  return found;
}

/** Whether a name says which part of something else is meant, as in `x.process`. */
function isMemberName(node: ast.Identifier): boolean {
  const { parent } = node;
  if (ast.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ast.isQualifiedName(parent)) return parent.right === node;
  if (ast.isImportTypeNode(parent)) return parent.qualifier === node;
  return (ast.isBindingElement(parent) || ast.isImportSpecifier(parent) ||
    ast.isExportSpecifier(parent)) && parent.propertyName === node;
}

/** The x of `globalThis.x`, `globalThis["x"]`, `"x" in globalThis` and `{ x } = globalThis`. */
function propertyOfGlobalObject(node: ast.Node): string | undefined {
  if (ast.isPropertyAccessExpression(node)) {
    return isGlobalObject(node.expression) ? node.name.text : undefined;
  }
  if (ast.isElementAccessExpression(node)) {
    const key = node.argumentExpression;
    return isGlobalObject(node.expression) && ast.isStringLiteral(key) ? key.text : undefined;
  }
  if (ast.isBinaryExpression(node)) {
    return node.operatorToken.kind === ast.SyntaxKind.InKeyword &&
        isGlobalObject(node.right) && ast.isStringLiteral(node.left)
      ? node.left.text
      : undefined;
  }
  if (ast.isBindingElement(node) && ast.isVariableDeclaration(node.parent.parent)) {
    const { initializer } = node.parent.parent;
    const name = node.propertyName ?? node.name;
    if (initializer === undefined || name === undefined || !ast.isIdentifier(name)) {
      return undefined;
    }
    return isGlobalObject(initializer) ? name.text : undefined;
  }
  return undefined;
}

function isGlobalObject(node: ast.Expression): boolean {
  while (
    ast.isParenthesizedExpression(node) || ast.isAsExpression(node) ||
    ast.isNonNullExpression(node) || ast.isSatisfiesExpression(node)
  ) node = node.expression;
  return ast.isIdentifier(node) && GLOBAL_OBJECTS.has(node.text);
}

async function forEachSource(
  root: string,
  paths: readonly string[],
  visit: (path: string, source: ast.SourceFile, checker: Checker) => Promise<void>,
): Promise<void> {
  // A configuration that exists only in the compiler's view of the file system.
  const config = join(resolve(root), "tsconfig.check_layers.json").replaceAll("\\", "/");
  const content = JSON.stringify({
    files: paths.map((path) => `./${path}`),
    compilerOptions: { noLib: true, noResolve: true, moduleDetection: "force", types: [] },
  });
  const api = new API({ fs: { readFile: (path) => path === config ? content : undefined } });
  try {
    const snapshot = await api.updateSnapshot({ openProjects: [config] });
    const project = snapshot.getProject(config);
    for (const path of paths) {
      const source = await project?.program.getSourceFile(join(dirname(config), path));
      if (project === undefined || source === undefined) throw new Error(`Cannot parse ${path}`);
      await visit(path, source, project.checker);
    }
  } finally {
    await api.close();
  }
}

async function main(root = fileURLToPath(new URL("..", import.meta.url))): Promise<void> {
  const violations = await checkLayers(root);
  for (const { path, line, message } of violations) console.error(`${path}:${line}: ${message}`);
  const plural = violations.length === 1 ? "" : "s";
  console.log(`Layers: ${findSources(root).length} files, ${violations.length} violation${plural}`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}

if (import.meta.main) await main(process.argv[2]);
