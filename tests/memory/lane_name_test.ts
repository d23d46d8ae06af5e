import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { laneName } from "../../src/memory/lane_name.ts";

describe("names of lanes", () => {
  it("are short enough for every system, and never the same", () => {
    const names = Array.from({ length: 1_000 }, () => laneName("a prefix/that is long", 1023));
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^aprefixt(_[0-9a-z]+){4}$/);
    assert.ok(names.every((name) => name.length <= 30));
  });

  it("have a prefix of their own if nothing of the one that was given can be used", () => {
    assert.match(laneName("/ /", 0), /^kpw_/);
  });

  it("cannot be told from numbers that a program gets", () => {
    const { random } = Math;
    Math.random = () => assert.fail("a name was made of Math.random");
    try {
      laneName("", 0);
    } finally {
      Math.random = random;
    }
  });
});
