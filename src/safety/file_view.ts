/**
 * What the policy of workers has to know of the file system; it comes in as an argument.
 *
 * @module
 */

/** A look at the file system. */
export interface FileView {
  /** The user's home directory, if there is one that this program may know. */
  home(): string | undefined;
  readonly isWindows: boolean;
  /** Between the parts of a path. */
  readonly separator: string;
  /** An absolute path without `.` and `..`, from `base` or the working directory. Takes `file:` URLs. */
  absolute(path: string, base?: string): string;
  /** The path with links resolved, as far as it exists. */
  realPath(path: string): string;
  exists(path: string): boolean;
  /** Names of links in a folder. */
  links(folder: string): readonly string[];
  /** Names in a folder; `undefined` if it is none, or cannot be read. */
  list(folder: string): readonly string[] | undefined;
}

/** Whether `path` is `folder` or lies in it. Both are absolute. */
export function isInside(
  path: string,
  folder: string,
  { separator }: Pick<FileView, "separator">,
): boolean {
  if (path === folder) return true;
  return path.startsWith(folder.endsWith(separator) ? folder : folder + separator);
}
