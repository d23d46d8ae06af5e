// The task of zod_validation.ts, and the schema.

import { z } from "zod";
import { task } from "../mod.ts";

const Order = z.object({
  id: z.uuid(),
  email: z.email(),
  placed: z.iso.datetime(),
  items: z.array(z.object({
    name: z.string().min(1),
    cents: z.int().nonnegative(),
    count: z.int().min(1).max(1000),
  })).min(1),
});

export type Order = z.infer<typeof Order>;

export type Validation =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly issues: readonly string[] };

/** Parses a line of JSON and checks that it is an order. */
export const validateOrder = task({
  f: (line: string): Validation => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return { ok: false, issues: ["not JSON"] };
    }
    const { success, data, error } = Order.safeParse(value);
    if (success) return { ok: true, order: data };
    return {
      ok: false,
      issues: error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    };
  },
});
