import { knownFields } from './header.ts';

const CANDIDATES = [',', ';', '\t', '|'];

/** The first line of a text, with line breaks inside double quotes left in it. */
export function firstLine(text: string): string {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === '"') quoted = !quoted;
    else if (!quoted && (mark === '\n' || mark === '\r')) return text.slice(0, at);
  }
  return text;
}

/** The delimiter that a first line `sep=;` names, or null where the line is none of that kind. */
export function sepLine(line: string): string | null {
  return /^"?sep=([,;|\t])"?[\r\n ]*$/i.exec(line)?.[1] ?? null;
}

/** Splits a header line well enough to recognise its names; the real parser reads the file. */
function roughCells(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((cell) => cell.replaceAll('"', ''));
}

/** The delimiter under which a header line names the most known fields, then the one that gives the most cells. */
export function findDelimiter(header: string): string {
  const scored = CANDIDATES.map((delimiter) => {
    const cells = roughCells(header, delimiter);
    return { delimiter, known: knownFields(cells), cells: cells.length };
  });
  scored.sort((a, b) => b.known - a.known || b.cells - a.cells);
  return (scored[0] as { delimiter: string }).delimiter;
}
