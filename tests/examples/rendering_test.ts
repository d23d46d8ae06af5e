import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { PhotonImage } from "@silvia-odwyer/photon-node";
import { makePage, renderPage } from "../../examples/react_ssr_tasks.ts";
import { makeThumbnail } from "../../examples/thumbnails_tasks.ts";
import { outputOfBoth, withFolder } from "../support/example.ts";

describe("examples/react_ssr.ts", () => {
  it("renders the same pages as the main thread", async () => {
    await withFolder(async (folder) => {
      const file = join(folder, "page.html");
      const args = ["--pages", "6", "--products", "7", "--out", file];
      const printed = await outputOfBoth("react_ssr", args);
      assert.equal(readFileSync(file, "utf8"), await renderPage.f(makePage(0, 7)));
      assert.match(printed, /^6 pages, \d+ characters of HTML$/m);
    });
  });

  it("has documents with all products, and nothing unescaped", async () => {
    const html = await renderPage.f(makePage(0, 7));
    assert.match(html, /^<!doctype html><html lang="en">.*<\/html>$/);
    assert.equal(html.match(/<li /g)?.length, 7);
    assert.match(html, /<a href="\/products\/4">Ball of linen &lt;new&gt; no\. 4<\/a>/);
  });
});

describe("examples/react_ssr_brotli.ts", () => {
  it("compresses what is rendered", async () => {
    await withFolder(async (folder) => {
      const file = join(folder, "page.html.br");
      const args = ["--pages", "6", "--products", "7", "--out", file];
      await outputOfBoth("react_ssr_brotli", args);
      const html = brotliDecompressSync(readFileSync(file)).toString();
      assert.equal(html, await renderPage.f(makePage(0, 7)));
    });
  });
});

describe("examples/markdown.ts", () => {
  it("writes an HTML file for each Markdown file", async () => {
    await withFolder(async (folder) => {
      const [one, two] = [join(folder, "one.md"), join(folder, "two.md")];
      writeFileSync(one, "# One\n\nA *word*.\n");
      writeFileSync(two, "- two\n");
      const printed = await outputOfBoth("markdown", [one, two, "--out", join(folder, "out")]);
      assert.match(printed, /one\.md: 1 headings, \d+ characters of HTML\n.*two\.md: 0 headings/);
      assert.deepEqual(readdirSync(join(folder, "out")).sort(), ["1_one.md.html", "2_two.md.html"]);
      const html = readFileSync(join(folder, "out", "1_one.md.html"), "utf8");
      assert.match(html, /^<!doctype html>.*\n<h1>One<\/h1>\n<p>A <em>word<\/em>\.<\/p>\n$/);
    });
  });
});

describe("examples/thumbnails.ts", () => {
  it("makes thumbnails of the pictures in a folder, and a page with them", async () => {
    await withFolder(async (folder) => {
      const pixels = new Uint8Array(90 * 60 * 4).fill(255).map((byte, i) => i % 4 === 1 ? 0 : byte);
      const picture = new PhotonImage(pixels, 90, 60);
      writeFileSync(join(folder, "a.jpg"), picture.get_bytes_jpeg(90));
      writeFileSync(join(folder, "b.png"), picture.get_bytes());
      writeFileSync(join(folder, "notes.txt"), "no picture");
      const out = join(folder, "out");
      const printed = await outputOfBoth("thumbnails", [folder, "--size", "30", "--out", out]);
      assert.match(
        printed,
        /^a\.jpg: \d+ bytes -> 30 x 20, \d+ bytes\nb\.png: \d+ bytes -> 30 x 20,/,
      );
      for (const name of ["1_a.jpg.jpg", "2_b.png.jpg"]) {
        const bytes = readFileSync(join(out, name));
        assert.deepEqual([...bytes.subarray(0, 3)], [0xff, 0xd8, 0xff], "the start of a JPEG");
        const thumbnail = PhotonImage.new_from_byteslice(bytes);
        assert.deepEqual([thumbnail.get_width(), thumbnail.get_height()], [30, 20]);
        const [red = 0, green = 0, blue = 0] = thumbnail.get_raw_pixels();
        assert.ok(red > 240 && green < 15 && blue > 240, `${red} ${green} ${blue}`);
      }
      const page = readFileSync(join(out, "index.html"), "utf8");
      assert.equal(page.match(/<img src=/g)?.length, 2);
    });
  });

  it("makes no picture larger", async () => {
    const picture = new PhotonImage(new Uint8Array(4 * 6 * 4), 4, 6);
    const { width, height } = await makeThumbnail.f({ bytes: picture.get_bytes(), size: 100 });
    assert.deepEqual([width, height], [4, 6]);
  });
});
