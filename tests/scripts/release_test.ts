import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { type Checkout, releaseFaults } from "../../scripts/release.ts";

const GOOD: Checkout = {
  version: "1.2.3",
  license: "Apache-2.0",
  licenseText: readFileSync(new URL("../../LICENSE", import.meta.url), "utf8"),
  changelog: "# Changelog\n\n## [Unreleased]\n\n## [1.2.3]\n\n- More.\n\n## [1.2.2]\n\n- Less.\n",
  tags: ["other", "v1.2.3"],
  changes: "",
};

const BAD: readonly (readonly [name: string, change: Partial<Checkout>, said: RegExp])[] = [
  ["what is no version", { version: "1.2", tags: ["v1.2"] }, /1\.2 is no version/],
  ["another licence", { licenseText: "MIT License" }, /LICENSE is not Apache-2\.0/],
  ["a licence that nobody knows", { license: "Mine" }, /LICENSE is not Mine/],
  ["changes that are not said to be of it", {
    changelog: GOOD.changelog.replace("[Unreleased]\n", "[Unreleased]\n\n- News.\n"),
  }, /below \[Unreleased\]/],
  [
    "nothing said of it",
    { changelog: "## [Unreleased]\n\n## [1.2.2]\n\n- Less.\n" },
    /nothing of \[1\.2\.3\]/,
  ],
  [
    "a heading alone",
    { changelog: "## [1.2.3]\n\n## [1.2.2]\n\n- Less.\n" },
    /nothing of \[1\.2\.3\]/,
  ],
  ["an older version than the newest", {
    changelog: "## [1.3.0]\n\n- News.\n\n" + GOOD.changelog.slice(13),
  }, /the newest version in CHANGELOG\.md is 1\.3\.0/],
  ["a commit without a tag", { tags: [""] }, /no tag v1\.2\.3/],
  ["the tag of another version", { tags: ["v1.2.30"] }, /no tag v1\.2\.3/],
  [
    "files that are not committed",
    { changes: " M mod.ts" },
    /not everything is committed:\n M mod\.ts/,
  ],
];

describe("a release", () => {
  it("has no faults when all is in order", () => {
    assert.deepEqual(releaseFaults(GOOD), []);
  });

  for (const [name, change, said] of BAD) {
    it(`is refused with ${name}`, () => {
      const faults = releaseFaults({ ...GOOD, ...change });
      assert.ok(faults.some((fault) => said.test(fault)), faults.join("\n"));
    });
  }
});
