// White space, byte order mark and zero-width marks: what editors and spreadsheets leave around a value unseen.
const EDGE = '[\\s\\u180E\\u200B-\\u200D\\u2060\\uFEFF]';
const EDGES = new RegExp(`^${EDGE}+|${EDGE}+$`, 'gu');
const PLAIN = /^[!-&(-<>-~]([ -~]*[!-~])?$/;
const TEXT_GUARD = /^="([^"]*)"$/;

function trim(text: string): string {
  return text.replace(EDGES, '');
}

/**
 * The value of a cell: trimmed of Unicode white space, byte order mark and zero-width marks, and freed from the two
 * guards that spreadsheets put before text (`="123"` and `'123`). A cell of only such marks is `''`.
 */
export function cleanCell(cell: string): string {
  if (PLAIN.test(cell)) return cell;
  const trimmed = trim(cell);
  const formula = TEXT_GUARD.exec(trimmed)?.[1];
  if (formula !== undefined) return trim(formula);
  return trimmed.startsWith("'") && trimmed !== "''" ? trim(trimmed.slice(1)) : trimmed;
}

const AMBIGUOUS = new Set(['null', 'none', 'nil', 'n/a', '-', 'undefined', '""', "''"]);

/** Whether a cleaned cell says 'nothing' in a way that could mean keep as well as unassign. */
export function isAmbiguous(value: string): boolean {
  return AMBIGUOUS.has(value.toLowerCase());
}

/** Whether every cell of a line is blank. */
export function isBlankLine(cells: readonly string[]): boolean {
  return cells.every((cell) => cell === '' || cleanCell(cell) === '');
}
