import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainForm, showAscii, showText, skeleton } from '../../../src/core/text/lookalike.ts';
import { anyText } from '../../support/any-text.ts';

describe('two texts that look alike', () => {
  it.each([
    ['phone_number_id', 'ph\u043ene_number_id'],
    ['product', 'p\u0433oduct'.replace('\u0433', 'r')],
    ['COMBINE TYPE', '\u0421\u041e\u041c\u0412I\u039dE \u0422\u03a5\u03a1\u0395'],
    ['sales-eu', 'sales\u2011eu'],
    ['sales eu', 'sales\u00a0eu'],
    ['sales', 'sa\u00adles'],
    ['123', '\uff11\uff12\uff13'],
    ['id', '\u0131d'],
  ])('have one skeleton: %s and %s', (plain, disguised) => {
    expect(skeleton(disguised)).toBe(skeleton(plain));
  });

  it('is what two words of different letters are not', () => {
    expect(skeleton('Sales')).not.toBe(skeleton('Sale'));
    expect(skeleton('\u0436')).not.toBe(skeleton('x'));
  });
});

describe('a text that must be ASCII', () => {
  it.each([
    ['129338426\u2011107', '"129338426\\u2011107"', 'character 10 is U+2011 (a non-breaking hyphen)'],
    ['1293\u00ad3842', '"1293\\xad3842"', 'character 5 is U+00AD (a soft hyphen)'],
    ['129\u00a0338', '"129\\xa0338"', 'character 4 is U+00A0 (a no-break space)'],
    ['12\u20083', '"12\\u20083"', 'character 3 is U+2008 (another kind of space)'],
    ['1\u22122', '"1\\u22122"', 'character 2 is U+2212 (another kind of dash)'],
    ['1\u200b2', '"1\\u200b2"', 'character 2 is U+200B (not visible)'],
    ['\uff11\uff12', '"\\uff11\\uff12"', 'character 1 is U+FF11 (a full-width character)'],
    ['\u0410\u0032P', '"\\u04102P"', 'character 1 is U+0410 (a Cyrillic letter)'],
    ['A2\u03a1', '"A2\\u03a1"', 'character 3 is U+03A1 (a Greek letter)'],
    ['\u0661', '"\\u0661"', 'character 1 is U+0661 (a digit of another script)'],
    ['\u{1f600}\u00e9', '"\\u{1f600}\\xe9"', 'character 1 is U+1F600'],
    ['\u{1f600}', '"\\u{1f600}"', 'character 1 is U+1F600'],
    ['plain', '"plain"', ''],
  ])('%j is shown as %s', (text, quoted, first) => {
    expect(showAscii(text)).toEqual({ quoted, first });
  });

  it('is always shown in ASCII, and its first strange character is named', () => {
    fc.assert(
      fc.property(anyText(20), (text) => {
        const { quoted, first } = showAscii(text);
        expect(quoted).toMatch(/^"[\x20-\x7e]*"$/);
        expect(first === '').toBe(/^[\x20-\x7e]*$/.test(text));
      }),
    );
  });
});

describe('free text', () => {
  it.each([
    ['Gr\u00f6\u00dfe', '"Gr\u00f6\u00dfe"', ''],
    ['\u0410\u043a\u0446\u0438\u044f 2024', '"\u0410\u043a\u0446\u0438\u044f 2024"', ''],
    ['\u8ca9\u58f2', '"\u8ca9\u58f2"', ''],
    ['S\u0430les', '"S\\u0430les"', 'character 2 is U+0430 (a Cyrillic letter)'],
    ['Sales\u2011EU', '"Sales\\u2011EU"', 'character 6 is U+2011 (a non-breaking hyphen)'],
    ['Sales\u00a0EU', '"Sales\\xa0EU"', 'character 6 is U+00A0 (a no-break space)'],
    ['\u00e9\u{1f600}Sa\uff4c', '"\u00e9\u{1f600}Sa\\uff4c"', 'character 5 is U+FF4C (a full-width character)'],
  ])('%j is shown as %s', (text, quoted, first) => {
    expect(showText(text)).toEqual({ quoted, first });
  });
});

it.each([
  ['Café Ventes', 'Cafe-Ventes'],
  ['Große Straße', 'Grosse Strasse'],
  ['Main\\u200b Line', 'Main Line'],
])('%j and %j have one plain form', (name, other) => {
  expect(plainForm(name)).toBe(plainForm(other));
});
