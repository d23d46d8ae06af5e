import { parse } from "csv-parse/sync";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { piecesOfLines } from "../../examples/support/lines.ts";
import { exampleUrl, outputOf, outputOfBoth, withFolder } from "../support/example.ts";
import { runProgram } from "../support/program.ts";

describe("examples/large_csv.ts", () => {
  it("adds up the orders of a file, on both sides", () =>
    withFolder(async (folder) => {
      const file = join(folder, "orders.csv");
      const printed = await outputOfBoth("large_csv", ["--rows", "9000", "--keep", file]);
      assert.match(printed, /^9000 orders, 0\.4 MiB$/m);
      // The same, counted another way.
      const cents = new Map<string, number>();
      for (const row of parse(readFileSync(file), { columns: true }) as Record<string, string>[]) {
        const sum = cents.get(row["city"]!) ?? 0;
        cents.set(
          row["city"]!,
          sum + Math.round(Number(row["price"]) * 100) * Number(row["count"]),
        );
      }
      const sums = [...cents].sort(([, a], [, b]) => b - a).map(([city, sum]) => [
        city,
        (sum / 100).toFixed(2),
      ]);
      const rows = printed.matchAll(
        /^(\S+(?: \S+)??) +\d+ +(\d+\.\d\d) +at most \d+\.\d\d for "/gm,
      );
      assert.deepEqual([...rows].map(([, city, sum]) => [city, sum]), sums);
      // A file that is there already is read, and not written.
      const again = await outputOf("large_csv", [file, "--threads", "1"]);
      assert.equal(again.stdout, printed);
    }));

  it("says what is wrong with a file", () =>
    withFolder(async (folder) => {
      const file = join(folder, "other.csv");
      writeFileSync(file, "a,b\n1,2\n");
      const run = (path: string) => runProgram(exampleUrl("large_csv"), { args: [path] });
      const [other, missing] = await Promise.all([run(file), run(join(folder, "missing.csv"))]);
      assert.equal(
        other.stderr,
        `${file} does not begin with order,date,city,product,count,price\n`,
      );
      assert.match(missing.stderr, /^Cannot find the file .*missing\.csv\n$/);
      assert.deepEqual([other.code, missing.code], [1, 1]);
    }));

  it("cuts a file where no line is in two pieces, also with line breaks in quotes", () =>
    withFolder(async (folder) => {
      const file = join(folder, "quotes.csv");
      const rows = Array.from({ length: 200 }, (_, n) => [`${n}`, `"\n"`.repeat(n % 5), "é,\n"]);
      const text = rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join());
      writeFileSync(file, text.join("\n")); // no line break at the end
      for (const pieceBytes of [1, 7, 64, 1000, 100_000]) {
        const found: unknown[] = [];
        const pieces: Uint8Array[] = [];
        for await (const piece of piecesOfLines(file, pieceBytes)) {
          pieces.push(piece);
          found.push(...parse(piece));
        }
        assert.deepEqual(found, rows, `${pieceBytes} bytes`);
        assert.ok(Buffer.concat(pieces).equals(readFileSync(file)));
      }
    }));
});
