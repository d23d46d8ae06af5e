import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { launch, type Page, type WebWorker } from "puppeteer-core";
import { findChromium } from "../../scripts/chromium.ts";
import { until } from "../support/waiting.ts";
import type { Checks } from "./page/checks.ts";
import { type PageKind, servePages } from "./pages.ts";

const chromium = findChromium();
assert.ok(chromium, "there is no Chromium");
const pages = await servePages();
const browser = await launch({
  executablePath: chromium.path,
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
  pipe: true, // it ends with this process, however that ends
  protocolTimeout: 60_000,
});

after(async () => {
  await browser.close();
  await pages.close();
});

async function open(kind: PageKind, isolated: boolean): Promise<Page> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error("error on the page:", error));
  await page.goto(pages.url(kind, isolated));
  await page.waitForFunction("'checks' in globalThis");
  return page;
}

/** Why a check of the page fails; `undefined` if it does not. */
function run(page: Page, name: string): Promise<string | undefined> {
  return page.evaluate(async (name) => {
    const { checks } = globalThis as unknown as { checks: Checks };
    try {
      await checks[name]!();
      return undefined;
    } catch (error) {
      return error instanceof Error ? `${error.stack}` : String(error);
    }
  }, name);
}

function isOfThePage(worker: WebWorker): boolean {
  return worker.url().endsWith("/own_worker.js");
}

for (const kind of ["bundled", "plain"] as const) {
  const page = await open(kind, true);
  const names = await page.evaluate(() => Object.keys((globalThis as { checks?: Checks }).checks!));

  describe(`knitting/browser on a ${kind} page`, () => {
    for (const name of names) {
      it(name, async () => {
        assert.equal(await run(page, name), undefined);
        // Every check has closed its pools.
        await until("their workers are gone", () => page.workers().every(isOfThePage));
      });
    }

    it("says which headers make a page cross-origin isolated", async () => {
      const page = await open(kind, false);
      const failure = await run(page, "numbers arrive exactly");
      assert.match(failure ?? "", /Cross-Origin-Opener-Policy: same-origin/);
      assert.match(failure ?? "", /Cross-Origin-Embedder-Policy: require-corp/);
      await page.close();
    });
  });
}
