import assert from "node:assert/strict";
import { createPool, type Options } from "../../mod.ts";

/** Asserts that createPool(options) throws an error of this class, whose message fits. */
export function refuses(
  options: unknown,
  errorClass: ErrorConstructor,
  ...messages: readonly RegExp[]
): void {
  assert.throws(() => createPool(options as Options), (error) => {
    assert.ok(error instanceof errorClass, `not a ${errorClass.name}: ${error}`);
    for (const message of messages) assert.match(error.message, message);
    return true;
  });
}
