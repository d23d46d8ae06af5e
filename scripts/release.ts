// Looks whether this checkout can be published as the version that deno.json says (deno task release), and
// prints the commands for it. It publishes nothing.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "./native_tools.ts";
import { findFaults, missingPrebuilds } from "./npm_faults.ts";
import { readProject, tarballOf } from "./npm_package.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What the first lines of a licence say, by its name in deno.json. */
const LICENCES: Readonly<Record<string, RegExp>> = {
  "Apache-2.0": /^\s*Apache License\s+Version 2\.0, January 2004\s/,
};

/** What is looked at, besides the package. */
export interface Checkout {
  readonly version: string;
  /** Its name in deno.json. */
  readonly license: string;
  /** The text of LICENSE. */
  readonly licenseText: string;
  /** The text of CHANGELOG.md. */
  readonly changelog: string;
  /** Tags of the commit that is checked out. */
  readonly tags: readonly string[];
  /** What differs from that commit, as git says it. */
  readonly changes: string;
}

/** One sentence for everything that stands in the way. */
export function releaseFaults(checkout: Checkout): string[] {
  const { version, license, licenseText, changelog, tags, changes } = checkout;
  const faults: string[] = [];
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) faults.push(`${version} is no version`);
  if (!LICENCES[license]?.test(licenseText)) faults.push(`LICENSE is not ${license}`);
  const sections = sectionsOf(changelog);
  if (sections.get("Unreleased")) faults.push("CHANGELOG.md has changes below [Unreleased]");
  if (!sections.get(version)) faults.push(`CHANGELOG.md says nothing of [${version}]`);
  const newest = [...sections.keys()].find((name) => name !== "Unreleased");
  if (newest !== version) faults.push(`the newest version in CHANGELOG.md is ${newest}`);
  if (!tags.includes(`v${version}`)) faults.push(`the commit has no tag v${version}`);
  if (changes !== "") faults.push(`not everything is committed:\n${changes}`);
  return faults;
}

/** The text below each heading `## [name]`. */
function sectionsOf(changelog: string): Map<string, string> {
  const [, ...sections] = changelog.split(/^## \[/m);
  return new Map(sections.map((section) => {
    const [heading = "", ...lines] = section.split("\n");
    return [heading.split("]")[0]!, lines.join("\n").trim()];
  }));
}

function git(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout.trimEnd();
}

function faultsOfTarball(tarball: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "knitting-release-"));
  try {
    run("tar", ["-xzf", tarball, "-C", folder]);
    const unpacked = join(folder, "package");
    const { repository } = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
    const missing = missingPrebuilds(unpacked).map((name) => `no native file for ${name}`);
    // npm proves where a package comes from only if it says the same.
    if (repository === undefined) missing.push("package.json has no repository");
    return [...findFaults(unpacked), ...missing].map((fault) => `npm package: ${fault}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function main(): number {
  const { version, license } = readProject();
  const text = (name: string) => readFileSync(join(ROOT, name), "utf8");
  const faults = releaseFaults({
    version,
    license,
    licenseText: text("LICENSE"),
    changelog: text("CHANGELOG.md"),
    tags: git("tag", "--points-at", "HEAD").split("\n"),
    changes: git("status", "--porcelain"),
  });
  const tarball = tarballOf(version);
  faults.push(...faultsOfTarball(tarball));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error(`\n${version} cannot be published: ${faults.length} of the above`);
    return 1;
  }
  console.log(`${version} can be published; this publishes it:`);
  console.log(`  npm publish ${tarball}\n  deno publish`);
  return 0;
}

if (import.meta.main) process.exitCode = main();
