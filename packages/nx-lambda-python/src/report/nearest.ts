/** "Did you mean": the known words that a mistyped one resembles. */

/** At most three candidates within a third of the word's length in edits, nearest first. */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(word.length / 3));
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** `; did you mean \`x\`?` or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates);
  return found.length > 0 ? `; did you mean ${codeList(found)}?` : '';
}

/** `` `a`, `b` ``; beyond the limit `` `a`, `b` and 3 more `` */
export function codeList(words: Iterable<string>, limit = Infinity): string {
  const all = [...words].map((word) => `\`${word}\``);
  const rest = all.length - limit;
  return all.slice(0, limit).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

// Levenshtein, one row at a time.
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
