import assert from "node:assert/strict";
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { findFaults, missingPrebuilds } from "../../scripts/npm_faults.ts";
import { packageReadme, webAddress } from "../../scripts/npm_package.ts";
import { tarball, User } from "./user.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What gets hardly smaller. */
const NUMBERS = `"${Array.from({ length: 9000 }, (_, i) => (i * 7919) ** 3).join()}"`;

/** A way to spoil the package, and what is said of it then. */
const SPOILED: readonly (readonly [name: string, spoil: (folder: string) => void, said: RegExp])[] =
  [
    ["a source", write("src/pool/pool.ts", ""), /^src\/pool\/pool\.ts does not belong/],
    ["a test", write("tests/a.js", ""), /^tests\/a\.js does not belong/],
    ["another licence", write("LICENSE", "MIT"), /^LICENSE is not that of the project$/],
    ["another README", write("README.md", "# other"), /^README\.md is not that of the project/],
    ["no README", remove("README.md"), /^README\.md is not that of the project/],
    [
      "a README whose links lead elsewhere",
      manifest({ homepage: "https://example.com/somebody/else#readme" }),
      /^README\.md is not that of the project/,
    ],
    ["no change log", remove("CHANGELOG.md"), /^CHANGELOG\.md is not that of the project$/],
    [
      "TypeScript in declarations",
      append("mod.d.ts", 'export * from "./a.ts";'),
      /imports \.\/a\.ts$/,
    ],
    ["TypeScript in JavaScript", append("mod.js", 'import"./a.ts";'), /imports \.\/a\.ts$/],
    ["a module that is missing", remove("src/shared.js"), /shared\.js, which is not there$/],
    ["a module too many", write("src/pool/pool.js", ""), /^src\/pool\/pool\.js does not belong/],
    ["a declaration that is missing", remove("unsafe.d.ts"), /unsafe\.d\.ts, which is not there$/],
    ["a path of this machine", append("mod.js", `"${ROOT}"`), /^mod\.js names \//],
    ["a dependency", manifest({ dependencies: {} }), /^package\.json has dependencies$/],
    ["a peer", manifest({ peerDependencies: {} }), /^package\.json has peerDependencies$/],
    ["an install script", manifest({ scripts: {} }), /^package\.json has scripts$/],
    ["a command that is missing", remove("cli.js"), /^package\.json names cli\.js/],
    [
      "a command that does not say what runs it",
      write("cli.js", "console.log(1);\n"),
      /^cli\.js does not say what runs it$/,
    ],
    [
      "a command that is too large",
      append("cli.js", NUMBERS),
      /^the command has \d+ bytes, gzipped$/,
    ],
    [
      "a map of another file",
      write("mod.js.map", '{"sources":["../mod.ts"],"sourcesContent":["."]}'),
      /^mod\.js\.map is of \.\.\/mod\.ts, which is no source$/,
    ],
    [
      "a map of no source",
      write("mod.js.map", '{"sources":["mod.js"],"sourcesContent":["."]}'),
      /^mod\.js\.map is of mod\.js, which is no source$/,
    ],
    [
      "a map without its source",
      write("mod.js.map", '{"sources":["mod.ts"]}'),
      /^mod\.js\.map has no text of mod\.ts$/,
    ],
    ["a map without sources", write("mod.js.map", "{}"), /^mod\.js\.map names no sources$/],
    [
      "another native file",
      append("prebuilds/linux-x64/knitting.node", "."),
      /not what the manifest says$/,
    ],
    ["an unknown native file", write("prebuilds/linux-x64/manifest.json", ""), /does not belong/],
    [
      "types behind other conditions",
      manifest({ exports: { ".": { default: "./mod.js", types: "./mod.d.ts" } } }),
      /says "default" before "types"/,
    ],
    [
      "too much JavaScript",
      append("mod.js", NUMBERS),
      /^all modules together have \d+ bytes, gzipped$/,
    ],
  ];

type Spoil = (folder: string) => void;

function write(path: string, text: string): Spoil {
  return (folder) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
}

function append(path: string, text: string): Spoil {
  return (folder) => appendFileSync(join(folder, path), `\n${text}`);
}

function remove(path: string): Spoil {
  return (folder) => rmSync(join(folder, path));
}

function manifest(fields: object): Spoil {
  return (folder) => {
    const path = join(folder, "package.json");
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...fields }));
  };
}

describe("the tarball", () => {
  const user = new User();
  const folder = join(user.folder, "package");
  before(() => {
    const { code, stderr } = user.run(["tar", "-xzf", tarball]);
    assert.equal(code, 0, stderr);
  });
  after(() => user.remove());

  it("has no faults", () => {
    assert.deepEqual(findFaults(folder), []);
  });

  it("says what it is", () => {
    const { exports: _, imports: __, ...about } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    const { version, license } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
    assert.deepEqual([about.name, about.version, about.license], ["knitting", version, license]);
    assert.equal(about.type, "module");
    assert.equal(about.engines.node, ">=22");
    assert.deepEqual(about.publishConfig, { access: "public", provenance: true });
  });

  it("has the native file of this machine", () => {
    assert.ok(!missingPrebuilds(folder).includes(`${process.platform}-${process.arch}`));
  });

  for (const [name, spoil, said] of SPOILED) {
    it(`would be refused with ${name}`, () => {
      const copy = join(user.folder, "spoiled");
      cpSync(folder, copy, { recursive: true });
      try {
        spoil(copy);
        const faults = findFaults(copy);
        assert.ok(faults.some((fault) => said.test(fault)), faults.join("\n"));
      } finally {
        rmSync(copy, { recursive: true });
      }
    });
  }

  it("would be incomplete without one native file", () => {
    const path = join(user.folder, "prebuilds/manifest.json");
    mkdirSync(join(path, ".."));
    writeFileSync(path, JSON.stringify({ prebuilds: { "linux-x64": {} } }));
    assert.deepEqual(
      missingPrebuilds(user.folder),
      ["linux-arm64", "win32-x64", "darwin-x64", "darwin-arm64"],
    );
  });
});

describe("packageReadme", () => {
  const readme = "[a](docs/a.md#b) ![p](bench/p.svg) [web](https://example.com/) [here](#here)\n";

  it("leads to the sources of the version", () => {
    assert.equal(
      packageReadme(readme, "1.2.3", "https://example.com/owner/name"),
      "[a](https://example.com/owner/name/blob/v1.2.3/docs/a.md#b) " +
        "![p](https://example.com/owner/name/raw/v1.2.3/bench/p.svg) " +
        "[web](https://example.com/) [here](#here)\n",
    );
  });

  it("leaves links alone if nobody knows where the sources are", () => {
    assert.equal(packageReadme(readme, "1.2.3", undefined), readme);
  });
});

describe("webAddress", () => {
  for (const remote of ["https://example.com/owner/name.git", "git@example.com:owner/name.git"]) {
    it(`reads ${remote}`, () => assert.equal(webAddress(remote), "https://example.com/owner/name"));
  }

  for (const remote of ["", "/srv/git/name", "file:///srv/git/name.git"]) {
    it(`reads nothing out of "${remote}"`, () => assert.equal(webAddress(remote), undefined));
  }
});
