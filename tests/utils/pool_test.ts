import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  bufferToJson,
  bufferToNumbers,
  bufferToString,
  jsonToBuffer,
  numbersToBuffer,
  stringToBuffer,
} from "../../src/utils.ts";
import * as tasks from "../fixtures/utils_tasks.ts";
import { withPool } from "../support/with_pool.ts";

describe("shared memory made by the helpers", () => {
  it("is read by tasks, as JSON and as text", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const order = jsonToBuffer({ customer: "Zoë", prices: [1, 2.5] });
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => call.describeOrder(order)),
      );
      for (const answer of answers) assert.deepEqual(answer, { customer: "Zoë", sum: 3.5 });
      assert.equal(bufferToString(await call.upperCase(stringToBuffer("\ufeffé漢"))), "\ufeffÉ漢");
    });
  });

  it("is the same memory in tasks, as numbers", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const shared = numbersToBuffer([1, 2, 3]);
      await call.doubleInPlace(shared);
      assert.deepEqual(bufferToNumbers(shared), new Float64Array([2, 4, 6]));
    });
  });

  it("comes back from tasks", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const made = bufferToJson<tasks.Order>(await call.makeOrder("Zoë"));
      assert.deepEqual(made, { customer: "Zoë", prices: [] });
    });
  });
});
