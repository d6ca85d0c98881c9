import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCleaner, createRedactor } from '../../../src/core/text/redact.ts';
import { anyText } from '../../support/any-text.ts';

const KEY = 'KEY0189ABCDEF_a1b2c3';

const codeOf = (character: string) => character.charCodeAt(0).toString(16);
const hexOf = (separator: string) => [...KEY].map(codeOf).join(separator);
const percentOf = (sign: string) => [...KEY].map((character) => sign + codeOf(character)).join('');

it('removes a text that is too long for a key', () => {
  const text = '('.repeat(200_000);
  expect(createRedactor(text)(`x ${text} y`)).toBe('x [key] y');
});

it.each(['\ud800 no key', 'kéy-0123456789', 'two\nlines of text'])('removes %j, which no key can be', (text) => {
  expect(createRedactor(text)(`x ${text} y`)).toBe('x [key] y');
});

describe('a cleaner', () => {
  it.each([
    [`Bearer ${KEY} is not valid`, 'Bearer [key] is not valid'],
    [`${KEY}${KEY}`, '[key][key]'],
    [`<${KEY.toLowerCase()}>, ${KEY.toUpperCase()}`, '<[key]>, [key]'],
    [`x${KEY}y`, 'x[key]y'],
    ['nothing of the kind', 'nothing of the kind'],
    [`\u001b[31m${KEY}\n`, '\\x1b[31m[key]\\x0a'],
  ])('makes %j into %j', (text, clean) => {
    expect(createCleaner(KEY)(text)).toBe(clean);
  });

  it('knows the key in percent-encoding, in either case', () => {
    const clean = createCleaner('abc+/=defgh');
    expect(clean('?k=abc%2B%2F%3Ddefgh')).toBe('?k=[key]');
    expect(clean('?k=ABC%2b%2f%3dDEFGH')).toBe('?k=[key]');
    expect(clean('abc+/=defgh')).toBe('[key]');
  });

  it('takes the special characters of regular expressions in a key literally', () => {
    const key = 'a.b*c+d?(e)[f]{g}|h^i$j\\k-l/m';
    expect(createCleaner(key)(`<${key}>`)).toBe('<[key]>');
    expect(createCleaner('........')('12345678')).toBe('12345678');
    expect(createCleaner('........')('........')).toBe('[key]');
  });

  it('removes a short key only as a whole word, or it would spoil every text', () => {
    const clean = createCleaner('test');
    expect(clean('the key test, "TEST" and test: latest tests')).toBe('the key [key], "[key]" and [key]: latest tests');
    expect(createCleaner('12345678')('a12345678b')).toBe('a[key]b');
    expect(createCleaner('1234567')('a1234567b')).toBe('a1234567b');
  });

  it.each([null, ''])('without a key (%j) makes text printable', (key) => {
    const clean = createCleaner(key);
    expect(clean('Bearer x\u0007')).toBe('Bearer x\\x07');
    expect(clean('x'.repeat(501))).toHaveLength(503);
  });

  it('removes the key before the text is cut', () => {
    const clean = createCleaner(KEY);
    expect(clean('x'.repeat(495) + KEY)).toBe(`${'x'.repeat(495)}[key]`);
    expect(clean('x'.repeat(497) + KEY)).toBe(`${'x'.repeat(497)}[ke...`);
  });

  it.each([
    ['separators', [...KEY].join('-')],
    ['codes', [...KEY].map((character) => character.charCodeAt(0)).join(', ')],
    ['octal codes', [...KEY].map((character) => `\\${character.charCodeAt(0).toString(8)}`).join('')],
    ['quoted-printable', `=${hexOf('=')}`],
    ['hexadecimal of UTF-16', hexOf('00')],
    ['base64', btoa(KEY)],
    ['base64 with a name before it', btoa(`user:${KEY}`)],
    ['base64 of the header', btoa(`Bearer ${KEY}`)],
    ['base64 after other bytes', btoa(`ab${KEY}cd`).replaceAll('=', '')],
    ['base64 in lines', btoa(KEY).replace(/.{8}/g, '$&\r\n')],
    ['hexadecimal', hexOf('')],
    ['upper case hexadecimal', hexOf('').toUpperCase()],
    ['hexadecimal with colons', hexOf(':')],
    ['hexadecimal with spaces', hexOf(' ')],
    ['a list of hexadecimal bytes', hexOf(', 0x')],
    ['percent-encoding of every character', percentOf('%')],
    ['percent-encoding twice', percentOf('%25')],
    ['percent-encoding of some characters', `%4B%45%59${KEY.slice(3)}`],
    ['escapes of a string', percentOf('\\x')],
    ['escapes of JSON', percentOf('\\u00')],
    ['escapes with braces', [...KEY].map((one) => `\\u{${codeOf(one)}}`).join('')],
    ['references in HTML', [...KEY].map((one) => `&#${one.charCodeAt(0)};`).join('')],
    ['hexadecimal references in HTML', [...KEY].map((one) => `&#x${codeOf(one)};`).join('')],
    ['zero-width spaces', [...KEY].join('\u200b')],
    ['soft hyphens and joiners', [...KEY].join('\u00ad\u200d\u2060')],
    ['spaces', [...KEY].join(' ')],
    ['line breaks', KEY.replace(/.{4}/g, '$&\n')],
    ['accents', [...KEY].join('\u0301')],
    ['fullwidth letters', [...KEY].map((one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)).join('')],
  ])('knows the key as %s', (_, form) => {
    expect(createCleaner(KEY)(`key: ${form}.`)).toMatch(
      /^key: \[key\](=|\\x0d\\x0a)*\.$|^key: .{0,11}\[key\].{0,5}\.$/,
    );
    expect(createCleaner(KEY)(form)).toContain('[key]');
  });

  it('knows the url alphabet of base64', () => {
    const key = 'key?>~~?>~~abcdef';
    const encoded = btoa(key);
    expect(encoded).toMatch(/[+/]/);
    const clean = createCleaner(key);
    expect(clean(encoded.replaceAll('+', '-').replaceAll('/', '_'))).toMatch(/^\[key\].?=?$/);
    expect(clean(encoded)).toMatch(/^\[key\].?=?$/);
  });

  it.each(['abcdefgh', KEY])('searches a text that is as long as the key %s or a piece of it', (key) => {
    expect(createCleaner(key)(key)).toBe('[key]');
    const piece = key.slice(0, key === KEY ? 7 : 4);
    expect(createCleaner(key)(piece)).toBe(piece);
    expect(createCleaner(key)(piece, true)).toBe('[key]');
  });

  it('removes the pieces of a key from prose only', () => {
    const clean = createCleaner(KEY);
    const [half, rest] = [KEY.slice(0, 10), KEY.slice(10)];
    expect(clean(half)).toBe(half);
    expect(clean(half, true)).toBe('[key]');
    expect(clean(`see ${rest.toLowerCase()}!`, true)).toBe('see [key]!');
    expect(clean(`${half} and ${rest}`, true)).toBe('[key] and [key]');
    expect(clean('KEY01', true)).toBe('KEY01');
    expect(createCleaner('test')('tes', true)).toBe('tes');
  });

  it('leaves no piece of the key where a long text is cut', () => {
    const clean = createCleaner(KEY);
    const text = clean(`${KEY}${'\u200b'.repeat(3975)}${KEY}`);
    expect(text).toBe(`[key]${'\\u200b'.repeat(82)}\\u2...`);
    expect(clean(`${KEY.repeat(199)}          ${KEY}`)).not.toContain(KEY.slice(0, 8));
    expect(clean('x'.repeat(9_000_000))).toHaveLength(503);
  });

  // The characters that a key may have, without those of the replacement and the escapes.
  const mark = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
  const key = fc.string({ unit: mark.filter((one) => !'[]\\'.includes(one)), minLength: 8, maxLength: 40 });

  it('never lets the key through, wherever and however it is written', () => {
    const form = fc.constantFrom(
      (text: string) => text,
      (text: string) => text.toLowerCase(),
      (text: string) => text.toUpperCase(),
      (text: string) => encodeURIComponent(text),
      (text: string) => encodeURIComponent(text).toLowerCase(),
    );
    const around = anyText(12);
    fc.assert(
      fc.property(key, form, around, around, (secret, spelled, before, after) => {
        const shown = createCleaner(secret)(`${before}${spelled(secret)}${after}${spelled(secret)}`);
        expect(shown.toLowerCase()).not.toContain(secret.toLowerCase());
        expect(shown.toLowerCase()).not.toContain(encodeURIComponent(secret).toLowerCase());
      }),
      { numRuns: 200 },
    );
  });
});
