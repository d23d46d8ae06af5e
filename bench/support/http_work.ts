/**
 * The work of a server's routes: a page, a token, a hash. About a millisecond each.
 *
 * @module
 */

import { pbkdf2Sync } from "node:crypto";
import { html } from "hono/html";
import { sign, verify } from "hono/jwt";

const ROWS = 400;
const SECRET = "a secret of this benchmark alone, for nothing else";
const ITERATIONS = 2000;

/** Server-side rendering: a page with a table. */
export async function ssr(title: string): Promise<string> {
  const rows = Array.from({ length: ROWS }, (_, row) =>
    html`
      <tr>
        <td>${row}</td>
        <td>${`Name <${row}>`}</td>
        <td>${row * 1.25}</td>
      </tr>
    `);
  return String(
    await html`
      <!doctype html>
      <html>
        <head>
          <title>${title}</title>
        </head>
        <body>
          <table>${rows}</table>
        </body>
      </html>
    `,
  );
}

/** Makes tokens and checks them; says whose they are. */
export async function jwt(user: string): Promise<string> {
  const users = new Set<unknown>();
  for (let turn = 0; turn < 10; turn++) {
    const token = await sign({ sub: user, turn }, SECRET, "HS256");
    users.add((await verify(token, SECRET, "HS256")).sub);
  }
  return [...users].join();
}

/** What is kept of a password. */
export function hash(password: string): string {
  return pbkdf2Sync(password, "salt", ITERATIONS, 32, "sha256").toString("hex");
}
