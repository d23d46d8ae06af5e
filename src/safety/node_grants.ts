/**
 * Lists of what Node's permission model allows. It knows no denials: what is denied inside an allowed
 * folder is kept out by naming everything else in that folder.
 *
 * @module
 */

import { type FileView, isInside } from "./file_view.ts";
import type { Allowed } from "./policy.ts";

/**
 * What to allow, so that nothing of `denied` is: a folder stands for all it has, and names that end in
 * `*` for all that start like them. The last ones are for files that do not exist yet. They cannot
 * cover every name: a new file is left out if its name starts like a denied one (with the same two
 * characters for `.env` and the like, else three), or with a character that is not ASCII.
 */
export function nodeGrants(
  allowed: Allowed,
  denied: readonly string[],
  files: FileView,
): readonly string[] {
  if (allowed === true && denied.length === 0) return ["*"];
  const grants = new Set<string>();
  for (const path of allowed === true ? [files.absolute(files.separator)] : allowed) {
    grant(path, denied, files, grants);
  }
  return [...grants];
}

function grant(
  path: string,
  denied: readonly string[],
  files: FileView,
  grants: Set<string>,
): void {
  // Node would take the star for a wildcard.
  if (path.includes("*") || denied.some((one) => isInside(path, one, files))) return;
  const inside = denied.filter((one) => isInside(one, path, files));
  if (inside.length === 0) grants.add(path);
  else grantFolder(path, inside, files, grants);
}

function grantFolder(
  folder: string,
  denied: readonly string[],
  files: FileView,
  grants: Set<string>,
): void {
  const start = folder.endsWith(files.separator) ? folder : folder + files.separator;
  const firstNames = denied.map((one) => one.slice(start.length).split(files.separator, 1)[0]!);
  // Some file systems do not tell upper from lower case: there .ENV is .env.
  const special = new Set(firstNames.map((name) => name.toLowerCase()));
  const prefixes = new Set(otherPrefixes([...special]));
  for (const prefix of prefixes) grants.add(`${start}${prefix}*`);
  for (const name of files.list(folder) ?? []) {
    if (special.has(name.toLowerCase())) {
      if (firstNames.includes(name)) grant(start + name, denied, files, grants);
    } else if (!LENGTHS.some((length) => prefixes.has(name.slice(0, length)))) {
      if (!name.includes("*")) grants.add(start + name);
    }
  }
}

/** How long the starts of names can be. */
const LENGTHS = [1, 2, 3];

/** The printable characters of ASCII that a name can have and that mean only themselves to Node. */
const CHARACTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  .filter((character) => !'/\\*:?"<>|'.includes(character));

/** Starts of names that none of these names has. More than a few hundred would make threads start late. */
function otherPrefixes(names: readonly string[], start = ""): readonly string[] {
  const depth = start.startsWith(".") ? 2 : 3;
  return CHARACTERS.flatMap((character) => {
    const prefix = start + character;
    const alike = names.filter((name) => name.startsWith(prefix.toLowerCase()));
    if (alike.length === 0) return [prefix];
    return prefix.length < depth ? otherPrefixes(alike, prefix) : [];
  });
}
