/** A word quoted for a POSIX shell, so that a printed command works when it is pasted. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A whole command line. `program` is printed as it is, the other words are quoted where needed. */
export function commandLine(program: string, ...words: string[]): string {
  return [program, ...words.map(shellWord)].join(' ');
}
