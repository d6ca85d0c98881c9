/** The number of letters to change to turn one word into another (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** No name of ours is as long. Comparing takes time in proportion. */
const MAX_WORD_CHARACTERS = 64;

/** The known word that was probably meant, or null if none is similar. */
export function didYouMean<Word extends string>(word: string, known: readonly Word[]): Word | null {
  if (word.length > MAX_WORD_CHARACTERS) return null;
  const similar = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return similar[0]?.candidate ?? null;
}

/** `; did you mean X?` for the end of a message; empty if there is no suggestion. */
export function suggestion(meant: string | null): string {
  return meant === null ? '' : `; did you mean ${meant}?`;
}
