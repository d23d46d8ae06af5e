import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { FileView } from "../../src/runtime/file_view.ts";
import { nodeGrants } from "../../src/safety/node_grants.ts";
import { fakeFiles } from "../support/fake_files.ts";
import { runtimeName } from "../support/program.ts";

const fake = fakeFiles(["/p/.env", "/p/.eslintrc", "/p/src/a.ts", "/p/src/keys/b", "/p/notes.md"]);

describe("grants for Node", () => {
  it("are the paths themselves if nothing in them is denied", () => {
    assert.deepEqual(nodeGrants(true, [], fake), ["*"]);
    assert.deepEqual(nodeGrants(["/p", "/q"], ["/x", "/pp"], fake), ["/p", "/q"]);
    assert.deepEqual(nodeGrants([], ["/x"], fake), []);
  });

  it("are nothing of what is denied, and nothing that Node would take for more", () => {
    assert.deepEqual(nodeGrants(["/p/.env", "/p/.env/x", "/p/a*"], ["/p/.env"], fake), []);
  });

  it("leave out what is denied of the root of the file system, too", () => {
    const grants = nodeGrants(true, ["/p/.env"], fake);
    assert.ok(grants.includes("/q*") && grants.includes("/p/s*"));
    for (const path of ["/", "*", "/p*", "/p", "/p/.env"]) assert.ok(!grants.includes(path), path);
    assert.deepEqual(nodeGrants(["/p", "/"], ["/"], fake), []);
  });

  it("are starts of names alone in a folder that cannot be listed", () => {
    const grants = nodeGrants(["/gone"], ["/gone/key"], fake);
    assert.ok(grants.includes("/gone/a*"));
    assert.ok(
      grants.every((path) => path.endsWith("*") && !"/gone/key".startsWith(path.slice(0, -1))),
    );
  });

  it("are what else is in a folder, and starts of names for what may come", () => {
    const grants = nodeGrants(["/p"], ["/p/.env"], fake);
    assert.ok(grants.includes("/p/.eslintrc"));
    assert.ok(grants.includes("/p/s*") && grants.includes("/p/.g*"));
    for (const path of ["/p", "/p/.env", "/p/.*", "/p/.e*", "/p/.E*", "*"]) {
      assert.ok(!grants.includes(path), path);
    }
    const deep = nodeGrants(["/p"], ["/p/src/keys"], fake);
    assert.ok(deep.includes("/p/src/a*") && deep.includes("/p/.*"));
    for (const path of ["/p/src", "/p/s*", "/p/src/k*", "/p/src/keys"]) {
      assert.ok(!deep.includes(path), path);
    }
  });
});

const skip = runtimeName === "node" ? false : "Node has these grants";

describe("Node itself", { skip }, () => {
  it("takes them as they are meant", () => {
    const root = mkdtempSync(join(realpathSync(tmpdir()), "knitting-grants-"));
    try {
      for (const folder of [".git", "src/keys", "node_modules"]) {
        mkdirSync(join(root, folder), { recursive: true });
      }
      for (const file of [".env", ".env.local", ".envrc", ".gitignore", "no", "src/k", "bücher"]) {
        writeFileSync(join(root, file), "");
      }
      symlinkSync(".env", join(root, "link"));
      const denied = [".env", ".git", "node_modules", "src/keys", "link"];
      const grants = nodeGrants([root], denied.map((name) => join(root, name)), new FileView());
      const may = [".env.local", ".envrc", ".gitignore", "no", "src/k", "bücher"];
      const mayBeMade = [
        "new.txt",
        "new/deep/file",
        ".new",
        "src/new",
        "notes.md",
        "Nothing",
        "{}",
      ];
      const mayNot = [
        ...denied,
        ".env/x",
        ".git/config",
        "node_modules/a/b.js",
        "src/keys/id",
        ".ENV",
        "",
        "..",
        "../other",
      ];
      const all = [...may, ...mayBeMade, ...mayNot];
      const program = `process.stdout.write(JSON.stringify(${JSON.stringify(all)}.map((name) =>
        process.permission.has("fs.read", name === "" ? ${JSON.stringify(root)} :
          require("node:path").join(${JSON.stringify(root)}, name)))))`;
      const flags = ["--permission", ...grants.map((path) => `--allow-fs-read=${path}`)];
      const output = execFileSync(process.execPath, [...flags, "-e", program], {
        encoding: "utf8",
        env: { ...process.env, NODE_OPTIONS: "" }, // what it names may not be read
      });
      const expected = all.map((name) => [name, !mayNot.includes(name)]);
      const found = (JSON.parse(output) as boolean[]).map((granted, i) => [all[i], granted]);
      assert.deepEqual(found, expected);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
