import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { makePage, renderPage } from "../../examples/react_ssr_tasks.ts";
import { exampleUrl, outputOfBoth } from "../support/example.ts";
import { runProgram, runtimeCommand } from "../support/program.ts";

/** Starts the server, asks it, and ends it with Ctrl-C. */
async function withServer(ask: (origin: string) => Promise<void>): Promise<number | null> {
  const path = fileURLToPath(exampleUrl("hono_server"));
  const args = [...runtimeCommand(true), path, "--port", "0", "--threads", "1", "--products", "5"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  try {
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.once("data", (data) => resolve(String(data)));
      child.once("exit", (code) => reject(new Error(`The server ended with ${code}`)));
    });
    await ask(/^listening on (http:\S+)$/m.exec(line)![1]!);
    // Not `child.kill`: after it Deno reports the signal, whatever the exit code is.
    process.kill(child.pid!, "SIGINT");
    return await ended;
  } finally {
    child.kill("SIGKILL");
  }
}

describe("examples/hono_server.ts", () => {
  it("answers, and ends with Ctrl-C", { skip: process.platform === "win32" }, async () => {
    const code = await withServer(async (origin) => {
      const get = async (path: string, init: RequestInit = {}) => {
        const response = await fetch(origin + path, init);
        return [response.status, await response.text()];
      };
      assert.deepEqual(await get("/ping"), [200, "pong"]);
      assert.deepEqual(await get("/products/3"), [200, await renderPage.f(makePage(3, 5))]);
      assert.equal((await get("/products/x"))[0], 404);

      const [, token] = await get("/login/ann", { method: "POST" });
      const me = (authorization: string) => get("/me", { headers: { authorization } });
      assert.deepEqual(await me(`Bearer ${token}`), [200, '{"state":"valid","user":"ann"}']);
      assert.deepEqual(await me(`Bearer ${token}x`), [401, '{"state":"forged"}']);
      assert.deepEqual(await get("/me"), [401, '{"state":"forged"}']);
    });
    assert.equal(code, 0);
  });

  it("serves the same pages from both sides", async () => {
    const args = ["--port", "0", "--requests", "10", "--products", "5"];
    assert.equal(await outputOfBoth("hono_server", args), "");
  });

  it("says why it cannot listen", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const args = ["--host", "--port", String(port)];
    const { code, stderr } = await runProgram(exampleUrl("hono_server"), { args });
    other.close();
    assert.equal(code, 1);
    assert.match(stderr, /^Cannot listen: .*\n$/);
  });
});
