// Preloaded by `deno test`. Deno's node:test prevents the default of every uncaught error once a
// file has called test(), so a file that breaks half way, or throws in a timer, would pass with
// the tests it had by then. This listener comes first and keeps such errors from node:test;
// Deno then fails the file. Tests that expect uncaught errors install a process listener.

import process from "node:process";

let loaded = false;
addEventListener("load", () => loaded = true);

addEventListener("error", (event) => {
  if (process.listenerCount("uncaughtException") === 0) event.stopImmediatePropagation();
});

// Deno reports a rejection inside a test by itself, and with the test's name.
addEventListener("unhandledrejection", (event) => {
  if (!loaded) event.stopImmediatePropagation();
});
