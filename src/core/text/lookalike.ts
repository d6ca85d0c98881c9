import { quoted } from './text.ts';
import { characterAt, escaped } from './visible.ts';

// Small letters of other scripts that look like Latin ones: Cyrillic, Greek, and the dotless i of Turkish.
const CYRILLIC = {
  from: '\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u04cf',
  to: 'aeopcyxijsdhl',
};
const CYRILLIC_CAPITALS = { from: '\u0432\u043a\u043c\u043d\u0442\u0437', to: 'bkmht3' };
const GREEK = {
  from: '\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7',
  to: 'abezhikmnoptyx',
};
const TURKISH = { from: '\u0131', to: 'i' };
const LATIN = new Map(
  [CYRILLIC, CYRILLIC_CAPITALS, GREEK, TURKISH].flatMap(({ from, to }) =>
    [...from].map((letter, at): [string, string] => [letter, to.charAt(at)]),
  ),
);

/** Whether a text is printable ASCII, as nearly all are. */
const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

/** Two texts that look alike have the same skeleton: Latin letters, plain spaces and dashes, nothing invisible. */
export function skeleton(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase();
  if (isAscii(lower)) return lower;
  const latin = [...lower].map((letter) => LATIN.get(letter) ?? letter).join('');
  return latin
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/\s/gu, ' ');
}

/** The escapes of `visible`. */
const ESCAPES = /\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\})/gi;

/** A form of names that people take for the same: without accents, punctuation, spaces and what is escaped. */
export function plainForm(name: string): string {
  return skeleton(name.replace(ESCAPES, ''))
    .normalize('NFD')
    .replace(/\u00df/g, 'ss')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** In a text that is ASCII if it is right: an id, a product, a header. */
const NOT_ASCII = /[^\x20-\x7e]/u;
/**
 * In free text, which may be in any language: invisible characters, other spaces and dashes, full-width characters,
 * and Cyrillic or Greek letters beside Latin ones.
 */
const DISGUISED =
  /\p{Cc}|\p{Cf}|(?! )\p{Z}|(?!-)[\p{Pd}\u2212]|[\uff01-\uff5e]|(?<=[a-z])[\p{sc=Cyrillic}\p{sc=Greek}]|[\p{sc=Cyrillic}\p{sc=Greek}](?=[a-z])/iu;

const KINDS: [RegExp, string][] = [
  [/\u00a0/u, 'a no-break space'],
  [/\u00ad/u, 'a soft hyphen'],
  [/\u2011/u, 'a non-breaking hyphen'],
  [/\p{Cc}|\p{Cf}/u, 'not visible'],
  [/\p{Z}/u, 'another kind of space'],
  [/\p{Pd}|\u2212/u, 'another kind of dash'],
  [/[\uff01-\uff5e]/u, 'a full-width character'],
  [/\p{sc=Cyrillic}/u, 'a Cyrillic letter'],
  [/\p{sc=Greek}/u, 'a Greek letter'],
  [/\p{Nd}/u, 'a digit of another script'],
];

/** A text for a message: in quotes, and with every strange character escaped. `first` names the first one, or is ''. */
export type Shown = { quoted: string; first: string };

function show(text: string, strange: RegExp): Shown {
  if (isAscii(text)) return { quoted: quoted(text), first: '' };
  const shown = quoted(text.replace(new RegExp(strange, `${strange.flags}g`), escaped));
  const at = text.search(strange);
  if (at < 0) return { quoted: shown, first: '' };
  const { character, position, name } = characterAt(text, at);
  const kind = KINDS.find(([pattern]) => pattern.test(character))?.[1];
  const named = `character ${position} is ${name}`;
  return { quoted: shown, first: kind === undefined ? named : `${named} (${kind})` };
}

/** Shows a text in which every character beyond ASCII is strange. */
export const showAscii = (text: string): Shown => show(text, NOT_ASCII);

/** Shows free text, such as a name: only characters that pass for others are strange. */
export const showText = (text: string): Shown => show(text, DISGUISED);
