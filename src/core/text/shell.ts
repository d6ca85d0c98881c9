import { hasHidden } from './visible.ts';

const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;
/** What the format of printf does not print as it is. A word that begins with - would be an option of it. */
const NOT_PRINTED_AS_IS = /^-|[^A-Za-z0-9_@+=:,./ -]/gu;

/** A word as a format of printf, which every shell has: the bytes of special characters as octal numbers. */
function octal(word: string): string {
  const numbers = (character: string) =>
    Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return word.replace(NOT_PRINTED_AS_IS, (character) => (character === '%' ? '%%' : numbers(character)));
}

/**
 * Quotes a word for a POSIX shell, so that a printed command works when it is pasted. Control characters are written as
 * numbers, because a pasted one would act on the terminal.
 */
export function shellWord(word: string): string {
  if (PLAIN_WORD.test(word)) return word;
  if (!hasHidden(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  // $(...) drops line breaks at the end. The other form is not known to every shell.
  return word.endsWith('\n') ? `$'${octal(word).replaceAll('%%', '\\045')}'` : `"$(printf '${octal(word)}')"`;
}

/** Returns a command line. `program` may be several words and is not quoted. */
export function commandLine(program: string, ...words: string[]): string {
  return [program, ...words.map(shellWord)].join(' ');
}

/** A word as `shellWord` writes it: plain, in single quotes, or as numbers. The shell runs nothing in it. */
const WRITTEN_WORD = [
  '[A-Za-z0-9_@%+=:,./-]+',
  "'[^']*'(?:\\\\''[^']*')*",
  `"\\$\\(printf '(?:[A-Za-z0-9_@+=:,./ %-]|\\\\[0-7]{3})*'\\)"`,
  "\\$'(?:[A-Za-z0-9_@+=:,./ -]|\\\\[0-7]{3})*'",
].join('|');
const WRITTEN_WORDS = new RegExp(`^(?: (?:${WRITTEN_WORD}))+$`);

/**
 * The words of a command line of this program, as they are written there; null if a text is anything else. A recorded
 * one may come from elsewhere.
 */
export function writtenWords(text: string, program: string): string[] | null {
  const rest = text.slice(program.length);
  return text.startsWith(`${program} `) && WRITTEN_WORDS.test(rest) ? rest.match(new RegExp(WRITTEN_WORD, 'g')) : null;
}
