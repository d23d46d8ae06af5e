// Shortens JavaScript that is published.

import { basename } from "node:path";
import { parseAst } from "rollup/parseAst";
import { minify } from "terser";

/**
 * Gives the private names of every module the same few letters: terser, which shortens them, would take a
 * name for each of the whole file. Spaces keep the rest in its place, for the source map.
 */
export function withCommonPrivates(code: string): string {
  const places: number[] = [];
  parseAst(code).body.forEach(function visit(part: unknown): void {
    if (typeof part !== "object" || part === null) return;
    const { type, start } = part as { type?: unknown; start: number };
    if (type === "PrivateIdentifier") places.push(start + 1);
    else Object.values(part).forEach(visit);
  });
  const letters = new Map<string, string>();
  let result = "";
  for (const place of places.sort((a, b) => a - b)) {
    const [name] = /^[\w$]+/.exec(code.slice(place))!;
    // From here on there are letters enough that are one character each, and source maps do not name them.
    if (!letters.has(name)) letters.set(name, String.fromCharCode(0x100 + letters.size));
    result += code.slice(result.length, place) + letters.get(name)!.padEnd(name.length);
  }
  return result + code.slice(result.length);
}

/** A module and its source map, as JSON. */
export interface Mapped {
  readonly code: string;
  readonly map: string;
}

/**
 * Without comments, and with short names; those of classes stay, because they are in stacks. Nothing moves into
 * another function, because a stack that came from a worker is cut by the number of its frames.
 *
 * @param path where the module will lie, relative to what its map names
 * @param imported functions that keep their names, because users see them
 * @param firstLine a comment to begin with
 */
export async function shorten(
  path: string,
  { code, map }: Mapped,
  imported: readonly string[],
  firstLine?: string,
): Promise<Mapped> {
  const named = { keep_classnames: true, keep_fnames: new RegExp(`^(?:${imported.join("|")})$`) };
  const { code: short, map: shortMap } = await minify({ [path]: code }, {
    module: true,
    compress: { ...named, passes: 2, inline: false, reduce_funcs: false, collapse_vars: false },
    mangle: named,
    format: {
      comments: false,
      // V8 keeps a source with other characters in two bytes for each.
      ascii_only: true,
      // Node prints the whole line of an error that nobody catches.
      max_line_len: 2000,
      ...firstLine !== undefined && { preamble: firstLine },
    },
    sourceMap: {
      content: map,
      url: `${basename(path)}.map`,
      includeSources: true,
      asObject: true,
    },
  });
  const { version, sources, sourcesContent, names, mappings } = shortMap as Exclude<
    typeof shortMap,
    string | undefined
  >;
  return {
    code: short!,
    map: JSON.stringify({ version, sources, sourcesContent, names, mappings }),
  };
}
