// The task of react_ssr.ts and of hono_server.ts, and the components. Node reads TypeScript, but no JSX: so
// elements are made by calls.

import "./support/production.ts";
import { createElement as h, type ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { task } from "../mod.ts";

export interface Product {
  readonly id: number;
  readonly name: string;
  readonly cents: number;
  readonly tags: readonly string[];
}

export interface Page {
  readonly title: string;
  readonly products: readonly Product[];
}

/** The whole document for a page. */
export const renderPage = task({
  f: (page: Page): string => "<!doctype html>" + renderToString(h(Document, page)),
});

function Document({ title, products }: Page): ReactElement {
  const cheapest = products.reduce((a, b) => a.cents <= b.cents ? a : b, products[0]!);
  return h(
    "html",
    { lang: "en" },
    h("head", null, h("meta", { charSet: "utf-8" }), h("title", null, title)),
    h(
      "body",
      null,
      h("h1", null, title),
      h("p", null, `From ${price(cheapest.cents)}: ${cheapest.name}`),
      h("ul", null, products.map((product) => h(Item, { ...product, key: product.id }))),
    ),
  );
}

function Item({ id, name, cents, tags }: Product): ReactElement {
  return h(
    "li",
    { id: `product-${id}`, className: cents < 1000 ? "product cheap" : "product" },
    h("a", { href: `/products/${id}` }, name),
    h("strong", null, price(cents)),
    tags.map((tag) => h("span", { key: tag, className: "tag" }, tag)),
  );
}

function price(cents: number): string {
  return `$${(cents / 100).toFixed(2)}`;
}

/** A page with made-up products, the same for the same number. */
export function makePage(number: number, length: number): Page {
  const yarns = ["wool", "cotton", "alpaca", "silk & mohair", "linen <new>"];
  const products = Array.from({ length }, (_, index): Product => {
    const id = number * length + index;
    const yarn = yarns[id % yarns.length]!;
    const tags = [yarn, id % 2 ? "sale" : "in stock", `${4 + id % 5} mm`];
    return { id, name: `Ball of ${yarn} no. ${id}`, cents: 300 + id * 7919 % 2400, tags };
  });
  return { title: `Yarn, page ${number + 1}`, products };
}
