import { describe, expect, it } from 'vitest';
import { aroundLines, stillThereLines } from '../../../src/core/profiles/around-text.ts';
import type { Difference, LeftBehind } from '../../../src/core/profiles/contents.ts';
import { COLUMNS } from '../../../src/core/text/text.ts';
import { columnsOf } from '../../../src/core/text/width.ts';

const left = (profile: string, name: string, more: Partial<LeftBehind> = {}): LeftBehind => ({
  profile,
  name,
  numbers: 0,
  short_codes: 1,
  alphanumeric_senders: 0,
  hosted_numbers: 0,
  keyword_answers: 2,
  opt_outs: 12_345,
  ...more,
});
const differs = (from: string, to: string, what: string, was = 'on', becomes = 'off'): Difference => ({
  ...{ from, to, what, was, becomes },
});
const ID = '00000000-0000-4000-8000-000000000001';
const pair = (from: string) => ({ from, to: 'z', count: 1 });

const stays = (left: LeftBehind[], others = 0) =>
  aroundLines(
    { left_behind: left, differences: [] },
    [...left.map(({ profile }) => profile), ...Array.from({ length: others }, (_, at) => `other ${at}`)].map(pair),
  );

describe('what stays behind', () => {
  it('is in columns if names have wide characters', () => {
    const lines = stays([left('a', '漢字'.repeat(20)), left('b', '😀'), left('c', 'C')]).slice(2);
    expect(lines.map(columnsOf)).toEqual(lines.map(() => columnsOf(lines[0] as string)));
    expect(columnsOf(lines[0] as string)).toBeLessThanOrEqual(COLUMNS);
  });

  it('is a table within the width of a terminal', () => {
    const lines = stays([
      left(ID, ''),
      left('b', 'A name that is longer than there is room for'),
      left('c', 'C', { opt_outs: 1_234_567 }),
    ]);
    expect(lines).toEqual([
      '                                          short   alpha  hosted keyword',
      'Stays behind                      numbers codes senders numbers answers  opt-outs',
      '  00000000-0000-4000-8000-0000...       0     1       0       0       2    12,345',
      '  A name that is longer than t...       0     1       0       0       2    12,345',
      '  C                                     0     1       0       0       2 1,234,567',
    ]);
    expect(Math.max(...stays([left(ID, '')]).map((line) => line.length))).toBeLessThanOrEqual(COLUMNS);
  });

  it('says what is not known', () => {
    const lines = stays([left('a', 'A', { hosted_numbers: null, numbers: null })]);
    expect(lines.slice(2)).toEqual([
      '  A                ?     1       0       ?       2   12,345',
      '  ?: the API does not show it',
    ]);
  });

  it('names profiles with the same name by their ids', () => {
    const lines = stays([left('a', 'Same'), left('b', 'Same'), left('c', 'Other')]);
    expect(lines.slice(2).map((line) => line.trim().split(' ')[0])).toEqual(['a', 'b', 'Other']);
  });

  it('counts what it does not show', () => {
    const many = Array.from({ length: 12 }, (_, at) => left(`p${at}`, `P${at}`));
    expect(stays(many, 1).slice(-2)).toEqual([
      '  and 2 more profiles in summary.json',
      '  and 1 profile that was not looked at',
    ]);
    expect(stays(many, 3).at(-1)).toBe('  and 3 profiles that were not looked at');
    expect(stays([], 3)).toEqual([]);
    const there = stillThereLines(many);
    expect([there[1]?.slice(0, 11), there.at(-1)]).toEqual(['Still there', '  and 2 more profiles with --json']);
  });
});

describe('what a plan has found around its moves', () => {
  const nameOf = (id: string) => ({ a: 'Old', b: 'New' })[id] ?? '';

  it('is what stays behind, and what differs for each move', () => {
    const plan = {
      left_behind: [left('a', 'Old')],
      differences: [
        differs('a', 'b', 'webhook', 'old.example.com', 'another path'),
        differs('a', 'b', 'a setting with a very long name', 'x'.repeat(30), 'y'.repeat(30)),
        differs('a', 'b', 'more differences', '', '7'),
        differs('c', 'b', 'number pool'),
      ],
    };
    const lines = aroundLines(plan, [pair('a'), pair('c')], nameOf);
    expect(lines.slice(3)).toEqual([
      '  and 1 profile that was not looked at',
      '',
      'Differs from Old to New',
      '  webhook                   old.example.com -> another path',
      `  a setting with a very...  ${'x'.repeat(19)}... -> ${'y'.repeat(19)}...`,
      '  more differences          7',
      'Differs from c to New',
      '  number pool               on -> off',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(COLUMNS);
  });

  it('is shown in part, and nothing of it without a plan', () => {
    const differences = Array.from({ length: 23 }, (_, at) => differs('a', 'b', `w${at}`));
    expect(aroundLines({ left_behind: [], differences }, []).at(-1)).toBe('  and 3 more differences in summary.json');
    expect(aroundLines({ left_behind: [], differences: [] }, [pair('a')])).toEqual([]);
    expect(aroundLines(null, [pair('a')])).toEqual([]);
    expect(aroundLines({ left_behind: [left('a', '')], differences: [] }, [pair('a')])).toHaveLength(3);
  });
});
