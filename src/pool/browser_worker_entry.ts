/**
 * What web workers run.
 *
 * @module
 */

/**
 * The bundle that this is a part of: the library's own, or an application's.
 *
 * @throws {Error} if the bundle does not know where it is
 */
export function workerEntry(): URL {
  const { url } = import.meta as { url?: string };
  if (url !== undefined && new URL(url).protocol === location.protocol) return new URL(url);
  throw new Error(
    "knitting cannot find itself, to load it into workers: bundle it as an ES module in which " +
      "import.meta.url is where the bundle is, or give createPool the URL of a module that calls " +
      `workerMainLoop as source. Here import.meta.url is ${url}`,
  );
}
