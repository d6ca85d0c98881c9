import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCleaner, createRedactor } from '../../../src/core/text/redact.ts';
import { anyText } from '../../support/any-text.ts';

const KEY = 'KEY0189ABCDEF_a1b2c3';

it('removes a text that is too long for a key', () => {
  const text = '('.repeat(200_000);
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
      { numRuns: 500 },
    );
  });
});
