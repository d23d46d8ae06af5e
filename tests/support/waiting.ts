import assert from "node:assert/strict";

const LIMIT_MS = 20_000;

/** Resolves once `condition` is true, which is looked at every other millisecond; fails if it never is. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!condition()) {
    assert.ok(performance.now() < end, `waited ${LIMIT_MS} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The same without a turn of the event loop: the host is as busy as a program can keep it. */
export function blockUntil(what: string, condition: () => boolean): void {
  const end = performance.now() + LIMIT_MS;
  while (!condition()) {
    assert.ok(performance.now() < end, `blocked ${LIMIT_MS} ms in vain: ${what}`);
  }
}

/** What `promise` rejects with; fails if it fulfils. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (reason) {
    return reason;
  }
  assert.fail(`expected a rejection, got ${String(value)}`);
}

/** The same for promises that must reject with an error. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<Error & { code?: unknown }> {
  const reason = await rejection(promise);
  assert.ok(reason instanceof Error, `expected an Error, got ${String(reason)}`);
  return reason;
}

/** The same for errors that the library makes. */
export async function errorWithCode(
  promise: PromiseLike<unknown>,
  code: string,
): Promise<Error & { code?: unknown }> {
  const error = await errorOf(promise);
  assert.equal(error.code, code, error.stack ?? error.message);
  return error;
}
