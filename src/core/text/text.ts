/** Longest piece of foreign text that is kept in a message, a result cell or a log line, in characters. */
const LONGEST = 500;

// C0 and C1 controls, line and paragraph separators, and the marks that reorder or hide text on a terminal.
const HIDDEN = /[\p{Cc}\u2028\u2029\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu;

/**
 * Text from outside (a server, a cell) made safe to print: control and invisible characters become `\xNN` or
 * `\uNNNN`, and it is cut to 500 characters. Without this a server could move the cursor of whoever reads the log.
 */
export function printable(text: string, longest = LONGEST): string {
  const visible = text.replace(HIDDEN, (mark) => {
    const code = mark.codePointAt(0) as number;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  if (visible.length <= longest) return visible;
  // Never half of a surrogate pair at the end: no file could hold it.
  return `${visible.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}...`;
}

/** A cell as it is quoted in a message: printable, at most 60 characters, in double quotes. */
export function quoted(cell: string): string {
  return `"${printable(cell, 60)}"`;
}

/**
 * Free text guarded for spreadsheets: an apostrophe goes before anything that a spreadsheet could read as a formula,
 * also behind leading white space. Not for ids and E.164 numbers that passed validation, which must feed back.
 */
export function guardFormula(text: string): string {
  // Most cells of a table are empty.
  if (text === '') return text;
  return /^\s*[=+\-@|\t\r]/u.test(text) ? `'${text}` : text;
}

/** Columns of a terminal; only paths, commands and words that are longer go beyond. */
export const COLUMNS = 80;

/** A text in lines that fit a terminal, broken between words; those after the first begin with so many spaces. */
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

/** `1 row`, `2 rows`; digits are grouped by commas. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;
}
