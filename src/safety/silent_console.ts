/**
 * Keeps what task code prints from the host's output.
 *
 * @module
 */

/** Functions of a console that print nothing, but give something back: programs need what they give. */
const kept = new Set(["Console", "context", "createTask"]);

/**
 * Replaces every function of a console by one that does nothing. Code that runs later can put its own
 * there, and consoles that it makes with `new Console` write as ever.
 */
export function silence(console: object): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(console))) {
    if (typeof property.value !== "function" || kept.has(name)) continue;
    Object.defineProperty(console, name, { ...property, value: () => {} });
  }
}
