// The task of large_csv.ts.

import { parse } from "csv-parse/sync";
import { task } from "../mod.ts";

/** What is known of the sales in one city. */
export interface CitySales {
  readonly orders: number;
  readonly cents: number;
  /** The dearest order, and what it was for. */
  readonly most: { readonly cents: number; readonly product: string };
}

/** By city. */
export type Sales = Record<string, CitySales>;

export const COLUMNS = ["order", "date", "city", "product", "count", "price"] as const;

type Row = Readonly<Record<typeof COLUMNS[number], string>>;

/** Adds up the orders in some lines of the file, without its header. */
export const addUpOrders = task({
  f: (lines: Uint8Array): Sales => {
    const sales: Sales = {};
    for (const row of parse<Row>(lines, { columns: [...COLUMNS] })) {
      // In cents, so that sums are the same in any order.
      const cents = Math.round(Number(row.price) * 100) * Number(row.count);
      if (!Number.isSafeInteger(cents)) throw new Error(`Order ${row.order} has no price`);
      const order = { orders: 1, cents, most: { cents, product: row.product } };
      sales[row.city] = merge(sales[row.city], order);
    }
    return sales;
  },
});

/** The sales in one city that are in two parts of the file. */
export function merge(a: CitySales | undefined, b: CitySales): CitySales {
  if (a === undefined) return b;
  return {
    orders: a.orders + b.orders,
    cents: a.cents + b.cents,
    most: isLess(a.most, b.most) ? b.most : a.most,
  };
}

/** The name decides between two of the same price, so that it does not matter which comes first. */
function isLess(a: CitySales["most"], b: CitySales["most"]): boolean {
  return a.cents < b.cents || a.cents === b.cents && a.product < b.product;
}
