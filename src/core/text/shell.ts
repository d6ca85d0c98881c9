/** Quotes a word for a POSIX shell, so that a printed command works when it is pasted. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Returns a command line. `program` may be several words and is not quoted. */
export function commandLine(program: string, ...words: string[]): string {
  return [program, ...words.map(shellWord)].join(' ');
}
