import { visible } from './visible.ts';

/** The longest text from outside in a message, a result cell or a log line. */
const MAX_CHARACTERS = 500;
const MAX_QUOTED_CHARACTERS = 60;

/** Makes text from outside (a server, a cell) safe to print: visible, and cut off if it is long. */
export function printable(text: string, longest = MAX_CHARACTERS): string {
  const shown = visible(text);
  if (shown.length <= longest) return shown;
  // Not half of a surrogate pair at the end, which no file can hold.
  return `${shown.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}...`;
}

/** Quotes a cell for a message: printable, at most 60 characters, in double quotes. */
export function quoted(cell: string): string {
  return `"${printable(cell, MAX_QUOTED_CHARACTERS)}"`;
}

/**
 * Guards free text for spreadsheets: adds an apostrophe before anything that could be read as a formula, even after
 * white space. Not for valid ids and E.164 numbers, which must be usable as input again.
 */
export function guardFormula(text: string): string {
  // Most cells of a table are empty.
  if (text === '') return text;
  return /^\s*[=+\-@|\t\r]/u.test(text) ? `'${text}` : text;
}

/** The width of printed text. Only longer paths, commands and words exceed it. */
export const COLUMNS = 80;

/** Breaks a text between words into lines of a terminal. Lines after the first are indented by `indent` spaces. */
export function wrapped(text: string, indent: number): string {
  const [first = '', ...words] = text.split(' ');
  const lines: string[] = [];
  let line = first;
  for (const word of words) {
    if (line.trim() === '' || line.length + 1 + word.length <= COLUMNS) line += ` ${word}`;
    else {
      lines.push(line);
      line = `${' '.repeat(indent)}${word}`;
    }
  }
  return [...lines, line].join('\n');
}

/** `2,000`. */
export function thousands(n: number): string {
  // Small numbers need no separators, which take ten times as long.
  return Number.isInteger(n) && n >= 0 && n < 1000 ? String(n) : n.toLocaleString('en-US');
}

/** `1 row`, `2,000 rows`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${thousands(n)} ${n === 1 ? one : many}`;
}

/** `a, b and 2 others`: at most `most` of some names. `nameOf`: how each of these is written. */
export function listed<T>(items: readonly T[], most: number, nameOf: (item: T) => string): string {
  const names = items.slice(0, most).map(nameOf).join(', ');
  return items.length > most ? `${names} and ${count(items.length - most, 'other')}` : names;
}
