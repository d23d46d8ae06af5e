/**
 * Keeps what task code prints from the host's output.
 *
 * @module
 */

/**
 * Functions of a console that print nothing, but give something back, which programs need; and what it prints
 * to. Not even looked at: Bun makes `Console` and the streams when they are, which takes it eight milliseconds.
 */
const kept = new Set(["Console", "context", "createTask", "_stdout", "_stderr"]);

/**
 * Replaces every function of a console by one that does nothing. Code that runs later can put its own
 * there, and consoles that it makes with `new Console` write as ever.
 */
export function silence(console: object): void {
  for (const name of Object.getOwnPropertyNames(console)) {
    if (kept.has(name)) continue;
    const property = Object.getOwnPropertyDescriptor(console, name)!;
    if (typeof property.value !== "function") continue;
    Object.defineProperty(console, name, { ...property, value: () => {} });
  }
}
