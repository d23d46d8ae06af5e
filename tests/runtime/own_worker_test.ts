// Pools in a worker thread of the program's own: they work, and nothing of them outlives the thread.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runProgram, runtimeName } from "../support/program.ts";
import { isLinux } from "../support/shared_memory.ts";

const KINDS = ["thread", "process"] as const;
/** Node has no web workers. */
const APIS = runtimeName === "node" ? ["node"] as const : ["node", "web"] as const;

const USES = [
  "isMain false",
  "squares true",
  "error RangeError",
  "timeout Task timeout",
  "abort given up",
  "signal AbortError",
  "shared 2",
  "a worker of the pool may pool false",
  "closed Thread closed",
];
const NOTHING_LEFT = ["ended", `{"silent":true,"handles":0,"mappings":0}`, ""];

async function run(...args: string[]): Promise<string[]> {
  const { code, late, stdout, stderr } = await runProgram("own_worker.ts", {
    args,
    limitMs: 40_000,
  });
  assert.equal(late, false, `did not end by itself; it printed:\n${stdout}${stderr}`);
  assert.equal(code, 0, stderr);
  return stdout.split("\n");
}

/** How the thread ends, and what its pool does then. With calls in flight it does not end by itself. */
function endings(api: string): [state: string, end: string][] {
  if (api === "web") return [["idle", "terminate"], ["busy", "terminate"]];
  return [["new", "exit"], ["waiting", "exit"], ["busy", "terminate"], ["idle", "return"]];
}

describe("a pool in a worker thread of the program's own", { skip: !isLinux }, () => {
  for (const api of APIS) {
    for (const kind of KINDS) {
      it(`does what any pool does (${api} worker, ${kind})`, async () => {
        const lines = await run(api, kind, "uses", api === "web" ? "terminate" : "return");
        const uses = kind === "thread" ? USES.toSpliced(7, 0, "reference 8") : USES;
        assert.deepEqual(lines, [...uses, ...NOTHING_LEFT]);
      });

      for (const [state, end] of endings(api)) {
        const isEndless = runtimeName === "deno" && kind === "thread" && state === "busy";
        it(`leaves nothing behind: ${end} (${api} worker, ${kind}, ${state})`, {
          skip: isEndless ? "on Deno it ends with the program" : false,
        }, async () => {
          assert.deepEqual(await run(api, kind, state, end), NOTHING_LEFT);
        });
      }
    }
  }
});
