// The task of react_ssr_brotli.ts.

import { brotliCompressSync, constants } from "node:zlib";
import { task } from "../mod.ts";
import { type Page, renderPage } from "./react_ssr_tasks.ts";

const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };

/** Renders a page, and compresses it where it was rendered: little has to cross back. */
export const renderCompressed = task({
  f: async (page: Page): Promise<Uint8Array> => compress(await renderPage.f(page)),
});

export function compress(html: string): Uint8Array {
  return new Uint8Array(brotliCompressSync(html, options));
}
