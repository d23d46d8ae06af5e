import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeTasks } from "../../src/api/describe_tasks.ts";
import { loadTasks } from "../../src/worker/task_loader.ts";
import { square } from "../fixtures/basic_tasks.ts";

/** Where a host finds a task whose module its loader has rewritten: it sees another source, at another place. */
function rewritten(key: string) {
  const [described] = describeTasks(import.meta.url, { [key]: square });
  return { ...described!.address, fingerprint: 1, lineage: 2, position: "1:1" };
}

describe("a task whose module looks another way to the host", () => {
  it("is found by its key and its number in the module", async () => {
    const { functions, failures } = await loadTasks([rewritten("square")]);
    assert.deepEqual(failures, []);
    assert.equal(functions[0]!(3), 9);
  });

  it("is not taken for another one with that key, nor found by its number alone", async () => {
    for (const key of ["add", "squared"]) {
      const { functions, failures } = await loadTasks([rewritten(key)]);
      assert.deepEqual(functions, [undefined]);
      assert.match(failures[0]!.message, /cannot be found: expected file:/);
    }
  });
});
