/**
 * What binary data is, whatever an object says of itself: properties can be overridden, the getters
 * that engines put on the prototypes cannot be fooled.
 *
 * @module
 */

const getterOf = (prototype: object, name: string) =>
  Object.getOwnPropertyDescriptor(prototype, name)!.get!;

const ofTypedArray: object = Object.getPrototypeOf(Uint8Array.prototype);

/** `byteLength` of an `ArrayBuffer`; throws for everything else. */
export const bufferLength: () => number = getterOf(ArrayBuffer.prototype, "byteLength");

/** Moves the memory of an `ArrayBuffer` into a new one, which cannot be resized. */
export const transfer: (newLength?: number) => ArrayBuffer =
  ArrayBuffer.prototype.transferToFixedLength;

/** The getters of one sort of view. */
interface ViewGetters {
  readonly buffer: () => ArrayBufferLike;
  readonly byteOffset: () => number;
  readonly byteLength: () => number;
}

/** Those of `DataView`. */
export const dataView: ViewGetters = {
  buffer: getterOf(DataView.prototype, "buffer"),
  byteOffset: getterOf(DataView.prototype, "byteOffset"),
  byteLength: getterOf(DataView.prototype, "byteLength"),
};

/** Those of typed arrays. */
export const typedArray: ViewGetters = {
  buffer: getterOf(ofTypedArray, "buffer"),
  byteOffset: getterOf(ofTypedArray, "byteOffset"),
  byteLength: getterOf(ofTypedArray, "byteLength"),
};

/** Whether the memory of a buffer has gone elsewhere. */
export function isDetached(buffer: ArrayBuffer): boolean {
  return (buffer as { detached?: boolean }).detached === true;
}
