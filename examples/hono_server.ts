// A server whose slow routes run on a pool, so that the fast ones stay fast:
//
//   GET  /ping          answers at once
//   GET  /products/:n   a page, rendered with React in a worker
//   POST /login/:user   gives a token
//   GET  /me            with the token as "authorization: Bearer ...": who it is; checked in a worker
//
//   deno run -A examples/hono_server.ts [options]

import { serve, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { createPool } from "../mod.ts";
import { LIFETIME_SECONDS, type Question, revalidate, sign, type Verdict } from "./jwt_tasks.ts";
import { makePage, type Page, renderPage } from "./react_ssr_tasks.ts";
import { run, runExample, UserError } from "./support/program.ts";

/** How many pages it asks itself for at the same time. */
const REQUESTS_AT_ONCE = 64;

/** The tasks, wherever they run. */
interface Work {
  renderPage(page: Page): string | Promise<string>;
  revalidate(question: Question): Verdict | Promise<Verdict>;
}

await runExample({
  name: "hono_server",
  about:
    "Serves pages and tokens with Hono, until Ctrl-C. With --time it asks itself for pages and ends.",
  options: {
    port: { help: "port to listen on, 0 for any", default: 8080, least: 0, most: 65_535 },
    products: { help: "products on a page", default: 100, most: 10_000 },
    requests: { help: "pages to ask for with --time", default: 500, most: 1_000_000 },
  },
}, async (settings) => {
  const { port, products, requests, threads, time } = settings;

  const serveWith = async (work: Work): Promise<string[]> => {
    // Not twice the same port: connections to the first server would be taken for the second one.
    const server = await listen(makeApp(work, products), time ? 0 : port);
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      if (time) return await askForPages(origin, requests);
      console.log(`listening on ${origin}`);
      await new Promise((resolve) => process.once("SIGINT", resolve));
      return [];
    } finally {
      server.close();
    }
  };

  await run(settings, {
    host: () => serveWith({ renderPage: renderPage.f, revalidate: revalidate.f }),
    async pool() {
      const pool = createPool({ threads })({ renderPage, revalidate });
      try {
        return await serveWith(pool.call);
      } finally {
        await pool.shutdown();
      }
    },
  });
});

function makeApp(work: Work, products: number): Hono {
  const secret = crypto.randomUUID();
  const now = (): number => Math.floor(Date.now() / 1000);
  const app = new Hono();

  app.get("/ping", (c) => c.text("pong"));

  app.get("/products/:n{[0-9]+}", async (c) => {
    const page = makePage(Number(c.req.param("n")), products);
    return c.html(await work.renderPage(page));
  });

  app.post("/login/:user", async (c) => {
    const claims = { sub: c.req.param("user"), exp: now() + LIFETIME_SECONDS };
    return c.text(await sign(claims, secret));
  });

  app.get("/me", async (c) => {
    const token = c.req.header("authorization")?.replace(/^Bearer /, "") ?? "";
    const verdict = await work.revalidate({ token, secret, now: now() });
    return c.json(verdict, "user" in verdict ? 200 : 401);
  });

  return app;
}

function listen(app: Hono, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, () => resolve(server));
    server.on("error", ({ message }) => reject(new UserError(`Cannot listen: ${message}`)));
  });
}

async function askForPages(origin: string, requests: number): Promise<string[]> {
  const pages: string[] = [];
  let asked = 0;
  const ask = async (): Promise<void> => {
    while (asked < requests) {
      const number = asked++;
      const response = await fetch(`${origin}/products/${number}`);
      if (!response.ok) throw new UserError(`Answered ${response.status} for page ${number}`);
      pages[number] = await response.text();
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, ask));
  return pages;
}
