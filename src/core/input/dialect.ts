import { knownFields } from './header.ts';

const NAMES: Record<string, string> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' };
const CANDIDATES = Object.keys(NAMES);

/** The name of a delimiter for people. */
export function delimiterName(delimiter: string): string {
  return NAMES[delimiter] as string;
}

/** Returns the first line of a text. Line breaks inside double quotes do not end it. */
export function firstLine(text: string): string {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '\n' || character === '\r')) return text.slice(0, at);
  }
  return text;
}

/** The delimiter that a line such as `sep=;` names; null for any other line. */
export function sepLine(line: string): string | null {
  return /^"?sep=([,;|\t])"?[\r\n ]*$/i.exec(line)?.[1] ?? null;
}

/** The delimiter that finds the most known fields in a header line; if several do, the one with the most cells. */
export function findDelimiter(header: string): string {
  const scored = CANDIDATES.map((delimiter) => {
    // Good enough to recognize names. The real parser reads the file.
    const cells = header.split(delimiter).map((cell) => cell.replaceAll('"', ''));
    return { delimiter, known: knownFields(cells), cells: cells.length };
  });
  scored.sort((a, b) => b.known - a.known || b.cells - a.cells);
  return (scored[0] as { delimiter: string }).delimiter;
}
