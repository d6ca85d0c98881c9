import { MAX_KEY_BYTES } from './api-key.ts';
import { printable } from './text.ts';

/**
 * Removes the key from a text. `isProse`: also pieces of it, because a server may split it over two fields. Ids are no
 * prose: one may share some digits with the key.
 */
export type Redactor = (text: string, isProse?: boolean) => string;

const SHORT_KEY_LENGTH = 8;
/** A piece of the key that is removed from prose has a third of its characters, within these limits. */
const MIN_PIECE = 4;
const MAX_PIECE = 8;
/** A text of a server is cut here before it is searched. It is printed up to a shorter length. */
const MAX_SEARCHED = 4000;
const REDACTED = '[key]';

// One character in an encoding that servers use in messages, one that is not visible, or any other character.
const UNIT =
  /%(?:25)*([0-9a-f]{2})|\\x([0-9a-f]{2})|\\u(?:00|\{0*)([0-9a-f]{2})\}?|&#x0*([0-9a-f]{2});|&#0*([0-9]{2,3});|([\p{DI}\p{M}\p{C}\p{Z}]+)|[\s\S]/giu;
/** A text in which every character stands for itself. */
const PLAIN = /^[!-$'-[\]-~]*$/;

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** The parts of the key's base64 that do not depend on what is encoded before and after it. */
function base64Forms(key: string): string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = btoa('\0'.repeat(offset) + key);
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + key.length) * 8) / 6)).toLowerCase();
  });
}

/**
 * The key in clear, as the codes of its characters (hexadecimal, also of UTF-16, decimal or octal), each with or without
 * separators, and in both alphabets of base64; all in lower case.
 */
function formsPattern(key: string): RegExp {
  const codes = (radix: number) => [...key].map((character) => character.charCodeAt(0).toString(radix));
  const clear = [...key.toLowerCase()].map(literal).join('[:,.|_-]?');
  const hex = codes(16).join('(?:00)?[:,.;=-]?(?:0x|00)?');
  const decimal = codes(10).join('[:,.;-]?');
  const octal = codes(8).join('[\\\\:,.;-]?(?:0o?)?');
  const base64 = base64Forms(key).map((form) => literal(form).replace(/\\\+/g, '[+-]').replace(/\\\//g, '[/_]'));
  return new RegExp([clear, hex, decimal, octal, ...base64].join('|'), 'g');
}

/** A text decoded to lower case, without what is not visible; each character has its place in the original. */
type Decoded = { text: string; placeOf: (at: number) => [start: number, end: number] };

function decode(text: string): Decoded {
  if (PLAIN.test(text)) return { text: text.toLowerCase(), placeOf: (at) => [at, at + 1] };
  const characters: string[] = [];
  const places: [number, number][] = [];
  for (const match of text.matchAll(UNIT)) {
    const [unit, ...groups] = match;
    if (groups[5] !== undefined) continue;
    const hex = groups.slice(0, 4).find((group) => group !== undefined);
    const code = hex === undefined ? Number(groups[4] ?? Number.NaN) : Number.parseInt(hex, 16);
    const character = Number.isNaN(code) ? unit.normalize('NFKC') : String.fromCharCode(code);
    characters.push(/^[!-~]$/.test(character) ? character.toLowerCase() : '\0');
    places.push([match.index, match.index + unit.length]);
  }
  return { text: characters.join(''), placeOf: (at) => places[at] as [number, number] };
}

/** Where a text has the key, as ranges of characters in order. */
function* findForms(text: string, forms: RegExp): Generator<[number, number]> {
  for (const match of text.matchAll(forms)) yield [match.index, match.index + match[0].length];
}

/** Where a text has pieces of the key, which overlap. */
function* findPieces(text: string, pieces: ReadonlySet<string>, length: number): Generator<[number, number]> {
  for (let at = 0; at + length <= text.length; at++) {
    if (pieces.has(text.slice(at, at + length))) yield [at, at + length];
  }
}

function replaceRanges(original: string, decoded: Decoded, ranges: Iterable<[number, number]>): string {
  let result = '';
  let end = 0;
  for (const [from, to] of ranges) {
    const [start] = decoded.placeOf(from);
    // Overlaps the range before.
    if (start >= end) result += original.slice(end, start) + REDACTED;
    end = decoded.placeOf(to - 1)[1];
  }
  return result + original.slice(end);
}

/** A short key is removed only as a whole word, because it would spoil every text. */
function createWordRedactor(key: string): Redactor {
  const forms = [key, encodeURIComponent(key)].map(literal).join('|');
  const secret = new RegExp(`(?<![A-Za-z0-9])(?:${forms})(?![A-Za-z0-9])`, 'gi');
  return (text) => text.replace(secret, REDACTED);
}

/**
 * Replaces the key by `[key]`, in any case, also encoded (percent-encoding, base64, hexadecimal, escapes) and with
 * invisible characters in between.
 */
export function createRedactor(key: string | null): Redactor {
  if (key === null || key === '') return (text) => text;
  // Not a key: too long for a pattern, or with characters that no key has.
  if (key.length > MAX_KEY_BYTES || !/^[!-~]+$/.test(key)) return (text) => text.replaceAll(key, REDACTED);
  if (key.length < SHORT_KEY_LENGTH) return createWordRedactor(key);
  // Before anything is decoded, because the key itself may look like an encoding.
  const secret = new RegExp([key, encodeURIComponent(key)].map(literal).join('|'), 'gi');
  const forms = formsPattern(key);
  const length = Math.min(MAX_PIECE, Math.max(MIN_PIECE, Math.ceil(key.length / 3)));
  const pieces = new Set<string>();
  for (let at = 0; at + length <= key.length; at++) pieces.add(key.slice(at, at + length).toLowerCase());
  return (text, isProse = false) => {
    // No form is shorter than the key. Answers of the API have many short texts, and to search them all takes long.
    if (text.length < (isProse ? length : key.length)) return text;
    const visible = text.replace(secret, REDACTED);
    const decoded = decode(visible);
    const whole = replaceRanges(visible, decoded, findForms(decoded.text, forms));
    if (!isProse) return whole;
    const rest = decode(whole);
    return replaceRanges(whole, rest, findPieces(rest.text, pieces, length));
  };
}

/** Makes text from a server safe to keep. Servers do quote the Authorization header in their errors. */
export function createCleaner(key: string | null): Redactor {
  const redact = createRedactor(key);
  return (text, isProse = false) => {
    if (text.length <= MAX_SEARCHED) return printable(redact(text, isProse));
    // The cut may leave a piece of the key.
    return printable(redact(text.slice(0, MAX_SEARCHED), true));
  };
}
