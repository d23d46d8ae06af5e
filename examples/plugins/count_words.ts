// A plugin that does what it is for.

export function countWords(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) {
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}
