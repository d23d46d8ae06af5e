// Writes the modules of the project into a folder, without their types, as Node does it:
//
//   node scripts/strip_types.mjs <folder>

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["src", "tests", "scripts", "examples"];

function modules() {
  const inside = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).map((path) => join(folder, path))
  );
  return [...readdirSync(ROOT), ...inside].filter((path) => path.endsWith(".ts"));
}

const [folder] = process.argv.slice(2);
for (const path of modules()) {
  let code;
  try {
    code = stripTypeScriptTypes(readFileSync(join(ROOT, path), "utf8"));
  } catch {
    continue; // made to fail, or not for Node
  }
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
}
