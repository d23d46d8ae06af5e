import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { readReasons } from "../../scripts/not_covered.ts";

const read = (...lines: string[]) => Object.fromEntries(readReasons(lines.join("\n")));

test("a reason is for its line", () => {
  deepEqual(read("f();", "if (x) return; // not covered: why", "g();"), { 2: "why" });
});

test("on a line of its own it is for the next one", () => {
  deepEqual(read("f();", "  // not covered: why", "  g();", "  h();"), { 3: "why" });
});

test("it is for the block that its line opens, too", () => {
  const block = ["if (x) { // not covered: why", "  f();", "", "  g();", "}", "h();"];
  deepEqual(read(...block), { 1: "why", 2: "why", 3: "why", 4: "why", 5: "why" });
});

test("but not for what follows that block", () => {
  const block = ["if (x) { // not covered: why", "  f();", "} else {", "  g();", "}"];
  deepEqual(read(...block), { 1: "why", 2: "why" });
});

test("it is for the lines in which its line goes on, too", () => {
  const call = ["{", "  // not covered: why", "  return f(", "    x,", "  );", "}"];
  deepEqual(read(...call), { 3: "why", 4: "why", 5: "why" });
});

test("it is for the body of a function, too, whose parameters take several lines", () => {
  const f = [
    "",
    "function f( // not covered: why",
    "  x: number,",
    "): number {",
    "  return x;",
    "}",
    "g();",
  ];
  deepEqual(Object.keys(read(...f)), ["2", "3", "4", "5", "6"]);
});

test("on the first line it is for the whole file", () => {
  deepEqual(read("// not covered: why", "f();", "g();"), { 2: "why", 3: "why" });
});
