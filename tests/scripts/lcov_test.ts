import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  branchShare,
  type FileCoverage,
  lineShare,
  missedBranches,
  missedLines,
  ranges,
  readLcov,
  sumOf,
} from "../../scripts/lcov.ts";

const SOURCE = `// A comment
export function f(x) {
  if (x) return 1;

  return 2;
}
`;

function read(...runs: string[]): FileCoverage {
  const found = new Map<string, FileCoverage>();
  for (const run of runs) {
    readLcov(`SF:f.ts\n${run}\nend_of_record\n`, found, () => SOURCE);
  }
  return found.get("f.ts")!;
}

test("lines count that have code on them", () => {
  const file = read("DA:1,1\nDA:2,1\nDA:3,0\nDA:4,0\nDA:5,0\nDA:6,1");
  deepEqual(lineShare(file), { reached: 1, total: 3 });
  deepEqual(missedLines(file), [3, 5]);
});

test("lines that follow each other are a range", () => {
  equal(ranges([6, 2, 3, 5]), "2-3, 5-6");
});

test("branches are said of lines that were reached", () => {
  const file = read(
    "BRDA:2,0,0,1\nBRDA:3,1,0,-\nBRDA:5,2,0,0\nBRDA:5,2,1,1\nDA:2,1\nDA:3,0\nDA:5,1",
  );
  deepEqual(branchShare(file), { reached: 2, total: 4 });
  deepEqual(missedBranches(file), [5]);
});

test("branches that lead to lines that were not reached are not named twice", () => {
  deepEqual(missedBranches(read("BRDA:2,0,0,0\nBRDA:2,0,1,1\nDA:2,1\nDA:3,0\nDA:5,1")), []);
});

test("what one run has reached is reached", () => {
  const file = read("BRDA:3,0,0,0\nDA:3,1\nDA:5,0", "BRDA:3,0,0,1\nDA:3,1\nDA:5,2");
  deepEqual(lineShare(file), { reached: 2, total: 2 });
  deepEqual(branchShare(file), { reached: 1, total: 1 });
});

test("what one of several has reached they have reached together", () => {
  const sum = sumOf([read("DA:3,0\nDA:5,1"), read("DA:3,1\nDA:5,0"), read("DA:2,0\nDA:3,0")]);
  deepEqual(missedLines(sum), [2]);
});

test("a run that names no branch of a line that it has reached has missed none", () => {
  deepEqual(branchShare(read("BRDA:3,0,0,0\nDA:3,1", "DA:3,1")), { reached: 1, total: 1 });
});

test("a run that has not reached a line says nothing of its branches", () => {
  const missing = "BRDA:3,0,0,0\nDA:3,1";
  const unreached = "BRDA:3,0,0,0\nDA:3,0";
  for (const file of [read(missing, unreached), read(unreached, missing)]) {
    deepEqual(missedBranches(file), [3]);
  }
});

test("sources that are of no interest are left out", () => {
  const found = new Map<string, FileCoverage>();
  const text = ["a.ts", "b.ts"].map((path) => `SF:${path}\nDA:2,1\nend_of_record\n`).join("");
  readLcov(text, found, (path) => path === "b.ts" ? SOURCE : undefined);
  deepEqual([...found.keys()], ["b.ts"]);
});
