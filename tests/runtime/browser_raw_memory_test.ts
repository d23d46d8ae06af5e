import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import fc from "fast-check";
import { utf8Length } from "../../src/runtime/browser_raw_memory.ts";

describe("browser_raw_memory", () => {
  it("counts text in UTF-8 as Buffer does, lone surrogates included", () => {
    const halves = fc.constantFrom(
      "\ud800",
      "\udbff",
      "\udc00",
      "\udfff",
      "\x7f",
      "\x80",
      "\u07ff",
    );
    const text = fc.oneof(fc.string({ unit: halves }), fc.string({ unit: "binary" }));
    fc.assert(fc.property(text, (text) => {
      assert.equal(utf8Length(text), Buffer.byteLength(text));
    }));
  });
});
