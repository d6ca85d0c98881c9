import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, guardFormula, listed, printable, quoted, wrapped } from '../../../src/core/text/text.ts';
import { anyText } from '../../support/any-text.ts';

describe('a text in lines', () => {
  it('breaks between words, and gives a word that is too long its own line', () => {
    expect(wrapped('  4    short', 7)).toBe('  4    short');
    expect(wrapped(`  4    ${'word '.repeat(20)}end`, 7)).toBe(
      `  4    ${'word '.repeat(13)}word\n       ${'word '.repeat(6)}end`,
    );
    const long = 'x'.repeat(90);
    expect(wrapped(`a ${long} b`, 2)).toBe(`a\n  ${long}\n  b`);
    expect(wrapped('', 4)).toBe('');
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1 }), fc.nat(20), (words, indent) => {
        const text = words.join(' ');
        const lines = wrapped(text, indent).split('\n');
        expect(lines.map((line) => line.trim()).join(' ')).toBe(text);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
      }),
    );
  });
});

describe('printable text', () => {
  it.each([
    ['plain é 漢 🎉', 'plain é 漢 🎉'],
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['a\nb\r\tc\u0000', 'a\\x0ab\\x0d\\x09c\\x00'],
    ['\u007f\u0085\u009b', '\\x7f\\x85\\x9b'],
    ['a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['\u202eevil\u2066', '\\u202eevil\\u2066'],
    ['\ufeff\u200b\u200f\u2060', '\\ufeff\\u200b\\u200f\\u2060'],
  ])('%j is %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('is cut to 500 characters, or to the given number', () => {
    expect(printable('x'.repeat(500))).toBe('x'.repeat(500));
    expect(printable('x'.repeat(501))).toBe(`${'x'.repeat(500)}...`);
    expect(printable('abcdef', 3)).toBe('abc...');
  });

  it('is not cut in the middle of a character', () => {
    expect(printable('ab🎉🎉', 3)).toBe('ab...');
    expect(printable('ab🎉🎉', 4)).toBe('ab🎉...');
  });

  it('never holds a control character, whatever the text', () => {
    const text = fc.oneof(
      anyText(),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
      fc.string({ unit: fc.constantFrom(...'\u0000\u001b\u009b\u202e\u2066\u200b\ufeff\n\rab') }),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (any, longest) => {
        const shown = printable(any, longest);
        expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u);
        expect(shown.length).toBeLessThanOrEqual(longest + 3);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a quoted cell', () => {
  it('is printable, in double quotes, at most 60 characters', () => {
    expect(quoted('A2P')).toBe('"A2P"');
    expect(quoted('')).toBe('""');
    expect(quoted('a\tb')).toBe('"a\\x09b"');
    expect(quoted('x'.repeat(61))).toBe(`"${'x'.repeat(60)}..."`);
  });
});

describe('the guard against formulas', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '|cmd', '\tx', '\rx', ' =1', '\n =1', '\u00a0+1'])(
    'stands before %j',
    (text) => {
      expect(guardFormula(text)).toBe(`'${text}`);
    },
  );

  it.each(['', 'a=1', 'Not found', '10036', "'=1", ' a', '\nx', '(1)'])('is not needed before %j', (text) => {
    expect(guardFormula(text)).toBe(text);
  });

  it('leaves no text that begins like a formula, and is added only once', () => {
    const text = fc.string({ unit: fc.constantFrom(...'=+-@|\t\r\n \u00a0\u2003\u2028a1\'"') });
    fc.assert(
      fc.property(text, (any) => {
        const guarded = guardFormula(any);
        expect(guarded.trimStart()).not.toMatch(/^[=+\-@|]/);
        expect(guarded).not.toMatch(/^[\t\r]/);
        expect(guardFormula(guarded)).toBe(guarded);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a count', () => {
  it.each([
    [0, '0 rows'],
    [1, '1 row'],
    [2, '2 rows'],
    [1234567, '1,234,567 rows'],
  ])('of %d is %s', (n, text) => {
    expect(count(n, 'row')).toBe(text);
  });

  it('may have an irregular plural', () => {
    expect(count(1, 'retry', 'retries')).toBe('1 retry');
    expect(count(2, 'retry', 'retries')).toBe('2 retries');
  });
});

describe('a list of names', () => {
  const named = (name: string) => `<${name}>`;

  it('has all names, or the first and how many others', () => {
    expect(listed([], 2, named)).toBe('');
    expect(listed(['a', 'b'], 2, named)).toBe('<a>, <b>');
    expect(listed(['a', 'b', 'c'], 2, named)).toBe('<a>, <b> and 1 other');
    expect(listed(Array(2002).fill('a'), 2, named)).toBe('<a>, <a> and 2,000 others');
  });
});
