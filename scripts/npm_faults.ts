// What is wrong with the npm package, as a folder: files that do not belong there, declarations that lead
// to TypeScript, paths of this machine, dependencies, and too much JavaScript.

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { filesOf, specifiersOf } from "./npm_modules.ts";
import { ADAPTER, packageReadme } from "./npm_package.ts";
import { digestOf, PREBUILD_PLATFORMS, type PrebuildManifest } from "./npm_prebuilds.ts";
import { MOST_BYTES, MOST_COMMAND_BYTES, sizesOf } from "./npm_size.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Nothing else belongs into the package. */
const ALLOWED: readonly RegExp[] = [
  /^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/,
  /^(lazy|src\/api\/create_pool)(\.js|\.js\.map)$/,
  /^(browser|metrics|mod|opentelemetry|shared_memory|task|unsafe|src\/utils)(\.js|\.js\.map|\.d\.ts)$/,
  /^((cli|src\/cli\/(command|run_doctor))(\.js|\.js\.map)|src\/cli\/tasks\.js)$/,
  /^src\/(errors|shared|(runtime|worker)\/\w+)(\.js|\.js\.map)$/,
  /^src\/(errors|(api|codec|codec\/kinds|memory|native|pool|runtime|safety|streams|telemetry|transport|utils|worker)\/\w+)\.d\.ts$/,
  /^prebuilds\/manifest\.json$/,
  /^prebuilds\/(linux|darwin|win32)-(x64|arm64)\/knitting\.node$/,
];

/** Fields of package.json by which a package runs something at installation, or needs something. */
const FORBIDDEN_FIELDS = [
  "scripts",
  "gypfile",
  "dependencies",
  "devDependencies",
  "peerDependencies",
  "optionalDependencies",
  "bundleDependencies",
  "bundledDependencies",
];

/** How a command begins. */
const SHEBANG = "#!/usr/bin/env node\n";

interface PackageJson {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** One sentence for each fault. */
export function findFaults(folder: string): string[] {
  const files = filesOf(folder);
  const faults = files.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)))
    .map((path) => `${path} does not belong into the package`);
  for (const path of ["LICENSE", "CHANGELOG.md"]) {
    if (!isSame(join(folder, path), join(ROOT, path))) {
      faults.push(`${path} is not that of the project`);
    }
  }
  if (!hasReadme(folder)) {
    faults.push("README.md is not that of the project, with links that lead on");
  }
  for (const path of files) {
    faults.push(...faultsOfContent(folder, path));
    if (/\.(js|d\.ts)$/.test(path)) faults.push(...faultsOfModule(folder, path));
    if (path.endsWith(".map")) faults.push(...faultsOfMap(folder, path));
  }
  faults.push(...faultsOfPackageJson(folder), ...faultsOfPrebuilds(folder, files));
  if (faults.length > 0) return faults; // what is missing cannot be measured
  const { all, command } = sizesOf(folder);
  if (all > MOST_BYTES) faults.push(`all modules together have ${all} bytes, gzipped`);
  if (command > MOST_COMMAND_BYTES) faults.push(`the command has ${command} bytes, gzipped`);
  return faults;
}

/** Platforms that the package has no native file for. */
export function missingPrebuilds(folder: string): string[] {
  const { prebuilds } = readManifest(folder);
  return PREBUILD_PLATFORMS.filter((name) => !(name in prebuilds));
}

function isSame(path: string, original: string): boolean {
  return existsSync(path) && readFileSync(path).equals(readFileSync(original));
}

/** Whether the README is that of the project, with links to where package.json says that the sources are. */
function hasReadme(folder: string): boolean {
  const path = join(folder, "README.md");
  if (!existsSync(path)) return false;
  const { version, homepage } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const original = readFileSync(join(ROOT, "README.md"), "utf8");
  const repository = homepage?.replace(/#readme$/, "");
  return readFileSync(path, "utf8") === packageReadme(original, version, repository);
}

function faultsOfContent(folder: string, path: string): string[] {
  const content = readFileSync(join(folder, path));
  return [ROOT, homedir() + "/"].filter((place) => place !== "/" && content.includes(place))
    .map((place) => `${path} names ${place}`);
}

function faultsOfModule(folder: string, path: string): string[] {
  const specifiers = specifiersOf(readFileSync(join(folder, path), "utf8"), "all");
  return specifiers.filter((specifier) => specifier !== ADAPTER).flatMap((specifier) => {
    if (!specifier.endsWith(".js")) return [`${path} imports ${specifier}`];
    const target = posix.join(posix.dirname(path), specifier);
    const file = path.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target;
    return existsSync(join(folder, file))
      ? []
      : [`${path} imports ${specifier}, which is not there`];
  });
}

function faultsOfMap(folder: string, path: string): string[] {
  const { sources, sourcesContent } = JSON.parse(readFileSync(join(folder, path), "utf8"));
  if (!Array.isArray(sources)) return [`${path} names no sources`];
  // That for browsers is made of the sources where they are, and the others lie where they would in the package.
  const place = path === "browser.js.map" ? "npm" : "";
  return sources.flatMap((source, at) => {
    const file = posix.join(place, posix.dirname(path), source);
    const isSource = file.endsWith(".ts") && !file.startsWith("../") &&
      existsSync(join(ROOT, file));
    if (!isSource) return [`${path} is of ${source}, which is no source`];
    return sourcesContent?.[at] ? [] : [`${path} has no text of ${source}`];
  });
}

function faultsOfPackageJson(folder: string): string[] {
  const content = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const faults = FORBIDDEN_FIELDS.filter((field) => field in content)
    .map((field) => `package.json has ${field}`);
  const { bin, exports, imports }: PackageJson = content;
  for (const [subpath, target] of Object.entries(exports)) {
    const [first] = Object.keys(target);
    if (typeof target !== "string" && first !== "types") {
      faults.push(`package.json says "${first}" before "types" for ${subpath}`);
    }
  }
  const targets = [...Object.values(bin), ...Object.values(exports), ...Object.values(imports)]
    .flatMap((target) => typeof target === "string" ? [target] : Object.values(target));
  for (const target of targets) {
    if (!existsSync(join(folder, target))) {
      faults.push(`package.json names ${target}, which is not there`);
    }
  }
  for (const program of Object.values(bin)) {
    const path = join(folder, program);
    if (existsSync(path) && !readFileSync(path, "utf8").startsWith(SHEBANG)) {
      faults.push(`${program} does not say what runs it`);
    }
  }
  return faults;
}

function readManifest(folder: string): PrebuildManifest {
  return JSON.parse(readFileSync(join(folder, "prebuilds/manifest.json"), "utf8"));
}

function faultsOfPrebuilds(folder: string, files: readonly string[]): string[] {
  const listed = Object.values(readManifest(folder).prebuilds);
  const there = files.filter((path) => path.endsWith(".node"));
  const unlisted = there.filter((path) => !listed.some(({ file }) => path === `prebuilds/${file}`));
  const wrong = listed.filter(({ file, size, sha256 }) => {
    const path = join(folder, "prebuilds", file);
    if (!existsSync(path)) return true;
    const digest = digestOf(path);
    return digest.size !== size || digest.sha256 !== sha256;
  });
  return [
    ...unlisted.map((path) => `${path} is not in the manifest`),
    ...wrong.map(({ file }) => `prebuilds/${file} is not what the manifest says`),
  ];
}
