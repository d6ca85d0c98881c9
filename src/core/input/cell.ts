// White space, byte order mark, zero-width and direction marks: what editors and spreadsheets leave around a value.
const INVISIBLE = /[\s\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/;
/** The end of a file in DOS, which `copy a.csv + b.csv` still writes. */
const END_OF_FILE = '\x1a';
const isInvisible = (character: string) => character === END_OF_FILE || INVISIBLE.test(character);
const TEXT_GUARD = /^="([^"]*)"$/;
const GUARD_STARTS = new Set<string | undefined>(['=', "'"]);

function isVisibleAscii(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}

/** Removes invisible characters around a text. */
export function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isInvisible(text.charAt(from))) from += 1;
  // Not by /INVISIBLE+$/, which takes minutes for a long run of spaces inside a cell.
  while (to > from && isInvisible(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** Removes invisible characters around a value, and the guards of spreadsheets around text: `="123"` and `'123`. */
export function cleanCell(cell: string): string {
  const isClean = isVisibleAscii(cell.charCodeAt(0)) && isVisibleAscii(cell.charCodeAt(cell.length - 1));
  if (isClean && !GUARD_STARTS.has(cell[0])) return cell;
  const bare = trimmed(cell);
  const formula = TEXT_GUARD.exec(bare)?.[1];
  if (formula !== undefined) return trimmed(formula);
  return bare.startsWith("'") && bare !== "''" ? trimmed(bare.slice(1)) : bare;
}

// What programs and people write for no value, or for "leave it", in lower case. Any of them could pass for a product.
const WORDS = 'null none nil na nan nat n.a. undefined tbd tbc todo true false keep unchanged same unset blank empty';
const MARKS = ['n/a', '#n/a', '<na>', '\\n', '-', '--', '---', '""', "''"];
const AMBIGUOUS = new Set([...WORDS.split(' '), ...MARKS]);
const MAX_AMBIGUOUS_LENGTH = 9;

/** Whether a cleaned cell means "nothing" in a way that could be read as keep or as unassign. */
export function isAmbiguous(value: string): boolean {
  return value.length <= MAX_AMBIGUOUS_LENGTH && AMBIGUOUS.has(value.toLowerCase());
}

/** Whether every cell of a line is blank. */
export function isBlankLine(cells: readonly string[]): boolean {
  return cells.every((cell) => cell === '' || cleanCell(cell) === '');
}
