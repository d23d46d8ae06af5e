// Reads out of the sources why some lines are reached by no test:
//
//   if (isWindows) return { load: null }; // not covered: only on Windows
//
// The comment is for its line; on a line of its own for the next one; on the first line of a file for
// the whole file. If the line opens a block, or goes on in lines that are indented further, it is for
// those, too.

const COMMENT = /\/\/ not covered: (.+)$/;
const ALONE = /^\s*\/\/ not covered: /;
/** The end of parameters, after which the body follows. */
const SIGNATURE = /^\s*\).*\{( \/\/ .*)?$/;
const CLOSES = /^\s*[}\])][^{]*$/;

/** Why lines are not reached, by line number, which counts from 1. */
export function readReasons(source: string): Map<number, string> {
  const lines = source.split("\n");
  const reasons = new Map<number, string>();
  lines.forEach((line, index) => {
    const reason = line.match(COMMENT)?.[1];
    if (reason === undefined) return;
    const alone = ALONE.test(line);
    const first = alone ? index + 1 : index;
    const last = alone && index === 0 ? lines.length - 1 : endOf(lines, first);
    for (let each = first; each <= last; each++) reasons.set(each + 1, reason);
  });
  return reasons;
}

/** The index of the last line of what begins at `first`. */
function endOf(lines: readonly string[], first: number): number {
  const indent = indentOf(lines[first]!);
  const isInside = (line: string): boolean =>
    line === "" || indentOf(line) > indent || (indentOf(line) === indent && SIGNATURE.test(line));
  let next = first + 1;
  while (next < lines.length && isInside(lines[next]!)) next++;
  const closes = CLOSES.test(lines[next] ?? "") && indentOf(lines[next]!) === indent;
  return closes ? next : next - 1;
}

function indentOf(line: string): number {
  return line.search(/\S|$/);
}
