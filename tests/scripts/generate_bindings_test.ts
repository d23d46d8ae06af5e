import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parseHeader } from "../../scripts/generate_bindings.ts";
import { errors, INTERFACE, symbols } from "../../src/native/symbols.ts";

const header = parseHeader(
  readFileSync(new URL("../../ffi/knitting.h", import.meta.url), "utf8"),
);

const DEFINES = "#define KNIT_INTERFACE 1\n";

/** Of a header with nothing but these declarations. */
function parse(declarations: string): ReturnType<typeof parseHeader> {
  return parseHeader(DEFINES + declarations);
}

describe("parseHeader", () => {
  it("finds what the bindings say", () => {
    assert.equal(header.version, INTERFACE);
    assert.deepEqual(header.declarations.map(({ name }) => name), Object.keys(symbols));
    assert.deepEqual(
      header.errors.map(({ name, number, meaning }) => [String(number), { name, meaning }]),
      Object.entries(errors),
    );
  });

  it("reads parameters, results and comments", () => {
    const { declarations } = parse(
      "/* Of nothing. */\nKNIT_API int32_t knit_none(void);\n\n" +
        "/*\n * Of much,\n * and more.\n */\n" +
        "KNIT_API int64_t knit_all(const char *name, uint64_t big_size,\n" +
        "                          const void *buffer, int32_t count);\n" +
        "KNIT_API int32_t knit_bare(int64_t it);\n",
    );
    assert.deepEqual(declarations, [
      { name: "knit_none", result: "int32_t", parameters: [], comment: "Of nothing." },
      {
        name: "knit_all",
        result: "int64_t",
        parameters: [
          { name: "name", type: "const char *" },
          { name: "big_size", type: "uint64_t" },
          { name: "buffer", type: "const void *" },
          { name: "count", type: "int32_t" },
        ],
        comment: "Of much,\nand more.",
      },
      {
        name: "knit_bare",
        result: "int32_t",
        parameters: [{ name: "it", type: "int64_t" }],
        comment: "",
      },
    ]);
  });

  it("has a comment for every function", () => {
    for (const { name, comment } of header.declarations) assert.notEqual(comment, "", name);
  });

  it("refuses types that no binding is made for", () => {
    for (
      const declaration of [
        "int32_t knit_x(double number)",
        "int32_t knit_x(char *text)",
        "int32_t knit_x(const int32_t *numbers)",
        "int32_t knit_x(uint8_t byte)",
        "int32_t knit_x(unsigned int count)",
        "uint8_t knit_x(void)",
        "double knit_x(int32_t a)",
      ]
    ) {
      assert.throws(
        () => parse(`KNIT_API ${declaration};\n`),
        /is not a type that bindings are made for/,
        declaration,
      );
    }
  });

  it("refuses declarations that it cannot read", () => {
    for (
      const declaration of [
        "const char *knit_x(void)",
        "int32_t other_x(void)",
        "int32_t knit_x(void (*callback)(void))",
        "int32_t knit_table[2]",
      ]
    ) {
      assert.throws(
        () => parse(`KNIT_API ${declaration};\n`),
        /cannot read the declaration/,
        declaration,
      );
    }
  });

  it("refuses a parameter without a name", () => {
    for (const parameters of ["int32_t", "const char *", "int32_t a, const void *"]) {
      assert.throws(() => parse(`KNIT_API int32_t knit_x(${parameters});\n`), /has no name/);
    }
  });

  it("refuses a header without what every header defines", () => {
    assert.throws(() => parseHeader("#define KNIT_OTHER 1\n"), /define KNIT_INTERFACE/);
  });
});
