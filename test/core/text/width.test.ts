import { describe, expect, it } from 'vitest';
import { columnsOf, cutToColumns, padTo } from '../../../src/core/text/width.ts';

describe('the columns of a terminal', () => {
  it.each([
    ['', 0],
    ['Profile 1', 9],
    ['é', 1],
    ['e\u0301', 1],
    ['漢字', 4],
    ['ひらカタ한국', 12],
    ['Ａ（', 4],
    ['😀', 2],
  ])('%j takes %d of them', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  it.each([
    ['Profile 1', 9, 'Profile 1'],
    ['Profile 10', 9, 'Profil...'],
    ['漢字漢字漢', 10, '漢字漢字漢'],
    ['漢字漢字漢字', 10, '漢字漢...'],
    ['漢字漢字漢字', 11, '漢字漢字...'],
    ['😀😀😀', 5, '😀...'],
    ['a\u001b[31m', 6, 'a\\x...'],
  ])('%j is cut to %d of them', (text, columns, cut) => {
    expect(cutToColumns(text, columns)).toBe(cut);
    expect(columnsOf(cut)).toBeLessThanOrEqual(columns);
  });

  it('are filled with spaces', () => {
    expect([padTo('漢', 4), padTo('漢', 4, 'left'), padTo('long', 2)]).toEqual(['漢  ', '  漢', 'long']);
  });
});
