/**
 * Control characters, line separators, lone surrogates, and characters that reorder or hide text on a terminal. The two
 * variation selectors of emoji may stay.
 */
const HIDDEN = /(?![\uFE0E\uFE0F])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
const HIDDEN_IN_LINES = new RegExp(`(?!\\n)${HIDDEN.source}`, 'gu');

/** `\xNN`, `\uNNNN` or `\u{NNNNN}`. */
export function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/** The character at an index of a text, with its place counted in characters from 1 and its name: `U+2011`. */
export function characterAt(text: string, at: number): { character: string; position: number; name: string } {
  const code = text.codePointAt(at) as number;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return { character: String.fromCodePoint(code), position: [...text.slice(0, at)].length + 1, name };
}

/**
 * Makes text from outside visible: control and invisible characters become `\xNN` or `\uNNNN`. Without this, a file name
 * or a server could control the terminal of the reader.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped);
}

/** The same for a text of several lines. */
export function visibleLines(text: string): string {
  return text.replace(HIDDEN_IN_LINES, escaped);
}

/** Whether a text has characters that `visible` escapes. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) >= 0;
}

/** JSON of a value without control and invisible characters: they are escaped, so that it parses to the same value. */
export function visibleJson(value: unknown, indent?: number): string {
  return visibleJsonText(JSON.stringify(value, null, indent));
}

/** The same for a text that is JSON. */
export function visibleJsonText(json: string): string {
  const unit = (at: number) => `\\u${at.toString(16).padStart(4, '0')}`;
  return json.replace(HIDDEN_IN_LINES, (character) =>
    // An astral character has two.
    character.replace(/./gs, (half) => unit(half.charCodeAt(0))),
  );
}
