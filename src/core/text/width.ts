import { visible } from './visible.ts';

/** Characters that take two columns of a terminal. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6]/u;
/** Marks on the character before them take none. */
const MARK = /\p{M}/u;

const widthOf = (character: string) => (MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** How many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
  // Nearly all text is ASCII.
  if (/^[ -~]*$/.test(text)) return text.length;
  return [...text].reduce((sum, character) => sum + widthOf(character), 0);
}

/** Makes text from outside safe to print in this many columns, with the dots of a text that is cut. */
export function cutToColumns(text: string, columns: number): string {
  const shown = visible(text);
  if (columnsOf(shown) <= columns) return shown;
  let cut = '';
  let left = columns - 3;
  for (const character of shown) {
    left -= widthOf(character);
    if (left < 0) break;
    cut += character;
  }
  return `${cut}...`;
}

/** Fills a text with spaces up to this many columns. */
export function padTo(text: string, columns: number, side: 'left' | 'right' = 'right'): string {
  const spaces = ' '.repeat(Math.max(0, columns - columnsOf(text)));
  return side === 'left' ? spaces + text : text + spaces;
}
