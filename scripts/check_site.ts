// Looks at the site of the documentation in headless Chromium: that every link and anchor leads somewhere, that
// the search finds, that there is a dark mode, and that no page is wider than a phone.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { launch, type Page } from "puppeteer-core";
import { findChromium } from "./chromium.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

/** As wide as phones are, in CSS pixels. */
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

/** What is looked for, and the page that has to be among what is found. */
const SEARCHES: readonly (readonly [words: string, page: string])[] = [
  ["hardTimeoutMs", "timeouts-and-aborts"],
  ["KNT_ERROR_TASK", "errors"],
  ["bubblewrap", "permissions"],
];

/** One sentence for each fault; `undefined` if there is no Chromium to look with. */
export async function checkSite(
  folder: string,
  pages: readonly string[],
): Promise<string[] | undefined> {
  const chromium = findChromium();
  if (chromium === undefined) return undefined;
  const server = await serve(folder);
  const browser = await launch({
    executablePath: chromium.path,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
    pipe: true, // it ends with this process, however that ends
  });
  try {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(`an error on ${page.url()}: ${error}`));
    faults.push(...await checkPages(page, server.origin, pages));
    faults.push(...await checkSearch(page, server.origin));
    faults.push(...await checkDarkMode(page, server.origin));
    return faults;
  } finally {
    await browser.close();
    await server.close();
  }
}

async function serve(folder: string): Promise<{ origin: string; close(): Promise<void> }> {
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const path = decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    const file = join(folder, normalize(path));
    const isThere = existsSync(file);
    response.writeHead(isThere ? 200 : 404, {
      "Content-Type": TYPES[extname(file)] ?? "text/plain",
    });
    response.end(isThere ? readFileSync(file) : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a page has, and what it leads to. */
interface Seen {
  readonly width: number;
  readonly ids: readonly string[];
  readonly links: readonly string[];
}

/** Expressions that the page evaluates. */
const SEEN = `({
  width: document.documentElement.scrollWidth,
  ids: Array.from(document.querySelectorAll("[id]"), ({ id }) => id),
  links: Array.from(document.querySelectorAll("a[href]"), ({ href }) => href),
})`;
const BACKGROUND = "getComputedStyle(document.body).backgroundColor";

async function checkPages(
  page: Page,
  origin: string,
  pages: readonly string[],
): Promise<string[]> {
  const faults: string[] = [];
  const seen = new Map<string, Seen>();
  await page.setViewport(PHONE);
  for (const name of pages) {
    await page.goto(`${origin}/${name}`, { waitUntil: "load" });
    const what = await page.evaluate(SEEN) as Seen;
    seen.set(`/${name}`, what);
    if (what.width > PHONE.width) faults.push(`${name} is ${what.width} pixels wide on a phone`);
  }
  const files = new Map<string, boolean>();
  for (const [name, { links }] of seen) {
    for (const link of links) {
      const { origin: elsewhere, pathname, hash } = new URL(link);
      if (elsewhere !== origin) continue;
      const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
      const target = seen.get(path);
      if (target === undefined) {
        if (!files.has(path)) files.set(path, (await fetch(origin + path)).ok);
        if (!files.get(path)) faults.push(`${name} leads to ${path}, which is not there`);
      } else if (hash !== "" && !target.ids.includes(decodeURIComponent(hash.slice(1)))) {
        faults.push(`${name} leads to ${path}${hash}, which is not there`);
      }
    }
  }
  return faults;
}

async function checkSearch(page: Page, origin: string): Promise<string[]> {
  const faults: string[] = [];
  await page.setViewport(DESK);
  for (const [words, wanted] of SEARCHES) {
    await page.goto(`${origin}/`, { waitUntil: "networkidle0" });
    await page.click(".DocSearch-Button");
    await page.waitForSelector(".search-input");
    await page.type(".search-input", words);
    const found = `.results a[href*="/${wanted}.html"]`;
    const isFound = await page.waitForSelector(found, { timeout: 10_000 }).catch(() => undefined);
    if (!isFound) faults.push(`the search for ${words} does not find ${wanted}`);
  }
  return faults;
}

async function checkDarkMode(page: Page, origin: string): Promise<string[]> {
  await page.setViewport(DESK);
  const colors: string[] = [];
  for (const value of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    await page.goto(`${origin}/`, { waitUntil: "networkidle0" });
    colors.push(await page.evaluate(BACKGROUND) as string);
  }
  await page.click(".VPNavBar .VPSwitchAppearance");
  colors.push(await page.evaluate(BACKGROUND) as string);
  const [light, dark, switched] = colors;
  const faults: string[] = [];
  if (light === dark) faults.push(`it is as dark as it is light: ${light}`);
  if (switched !== light) faults.push(`the switch makes ${dark} ${switched}, and not ${light}`);
  return faults;
}
