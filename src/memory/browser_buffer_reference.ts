/**
 * `BufferReference`, of which there is none in a browser, in the place of `buffer_reference.ts`.
 *
 * @module
 */

/** No value is an instance: nobody can make one. */
export class BufferReference {}

/** Nothing is one. */
export function isReference(_value: object): _value is never {
  return false;
}

/** Asked of no reference. */
export function hasMemory(): boolean {
  return false;
}

/** Asked of no reference. */
export function revokeViews(): void {}

/** @throws {TypeError} always */
export function referenceTo(): never {
  throw new TypeError("there is no BufferReference in a browser");
}
