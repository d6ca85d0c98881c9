// White space, byte order mark, zero-width and direction marks: what editors and spreadsheets leave around a value unseen.
const EDGE = /[\s\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/;
const TEXT_GUARD = /^="([^"]*)"$/;

const GUARDS = new Set<string | undefined>(['=', "'"]);

/** Whether a character is visible ASCII: not one that is trimmed. */
function isVisible(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}

function trim(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && EDGE.test(text.charAt(from))) from += 1;
  // By hand: /EDGE+$/ takes minutes for a long run of spaces inside a cell.
  while (to > from && EDGE.test(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/**
 * The value of a cell: trimmed of Unicode white space, byte order mark and zero-width marks, and freed from the two
 * guards that spreadsheets put before text (`="123"` and `'123`). A cell of only such marks is `''`.
 */
export function cleanCell(cell: string): string {
  if (isVisible(cell.charCodeAt(0)) && isVisible(cell.charCodeAt(cell.length - 1)) && !GUARDS.has(cell[0])) return cell;
  const trimmed = trim(cell);
  const formula = TEXT_GUARD.exec(trimmed)?.[1];
  if (formula !== undefined) return trim(formula);
  return trimmed.startsWith("'") && trimmed !== "''" ? trim(trimmed.slice(1)) : trimmed;
}

const AMBIGUOUS = new Set(['null', 'none', 'nil', 'n/a', '-', 'undefined', '""', "''"]);
const LONGEST_AMBIGUOUS = 9;

/** Whether a cleaned cell says 'nothing' in a way that could mean keep as well as unassign. */
export function isAmbiguous(value: string): boolean {
  return value.length <= LONGEST_AMBIGUOUS && AMBIGUOUS.has(value.toLowerCase());
}

/** Whether every cell of a line is blank. */
export function isBlankLine(cells: readonly string[]): boolean {
  return cells.every((cell) => cell === '' || cleanCell(cell) === '');
}
