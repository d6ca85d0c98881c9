import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasHidden, visible, visibleJson, visibleJsonText, visibleLines } from '../../../src/core/text/visible.ts';
import { anyText } from '../../support/any-text.ts';

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const NASTY = '\u0000\u0007\u001b\u009b\n\r\t\u00ad\u061c\u180e\u200b\u200d\u2028\u202e\u2066\ufeff\ufff9\ud800[31mab';
const text = fc.oneof(
  anyText(),
  fc.string({ unit: fc.constantFrom(...NASTY, '\u{e0041}', '🎉') }),
  fc.string({ unit: 'binary' }),
);

describe('visible text', () => {
  it.each([
    ['plain é 漢 🎉 ❤\ufe0f', 'plain é 漢 🎉 ❤\ufe0f'],
    ['\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
    ['a\u061cb\u00adc\u180e', 'a\\u061cb\\xadc\\u180e'],
    ['\u3164\u034f\ufff9', '\\u3164\\u034f\\ufff9'],
    ['\u{e0041}', '\\u{e0041}'],
    ['half \ud83c', 'half \\ud83c'],
    ['a\nb', 'a\\x0ab'],
  ])('%j is %j', (given, shown) => {
    expect(visible(given)).toBe(shown);
    expect(hasHidden(given)).toBe(given !== shown);
  });

  it('has no control character, whatever the text', () => {
    fc.assert(
      fc.property(text, (any) => {
        expect(visible(any)).not.toMatch(HIDDEN);
        expect(hasHidden(visible(any))).toBe(false);
        expect(visibleLines(any).replaceAll('\n', '')).toBe(visible(any.replaceAll('\n', '')));
      }),
    );
  });

  it('keeps the line breaks of lines', () => {
    expect(visibleLines('a\r\nb\u001b\n')).toBe('a\\x0d\nb\\x1b\n');
  });
});

describe('visible JSON', () => {
  it('parses to the same value and has no control character', () => {
    fc.assert(
      fc.property(fc.dictionary(text, fc.array(text)), (value) => {
        for (const json of [visibleJson(value), visibleJsonText(JSON.stringify(value))]) {
          expect(json).not.toMatch(HIDDEN);
          expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
        }
        expect(JSON.parse(visibleJson(value, 2))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(visibleJson({ a: '\u202e\u{e0041}' })).toBe('{"a":"\\u202e\\udb40\\udc41"}');
    expect(visibleJson(['a'], 2)).toBe('[\n  "a"\n]');
  });
});
