import process from "node:process";

export type RuntimeName = "deno" | "node" | "bun";

/** The runtime of this program. */
export function thisRuntime(): RuntimeName {
  const { deno, bun } = process.versions;
  return deno ? "deno" : bun ? "bun" : "node";
}

/** Its name and version. */
export function thisRuntimeInWords(): string {
  const name = thisRuntime();
  return `${name} ${process.versions[name]}`;
}
