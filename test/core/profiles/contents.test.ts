import { describe, expect, it } from 'vitest';
import type { ProfileItem } from '../../../src/core/api/response.ts';
import { countOn, frequentPairs, leavingOf, mostLeftProfiles } from '../../../src/core/profiles/contents.ts';

const here = (rows: number): ProfileItem[] => Array.from({ length: rows }, () => ({ profile: 'p1' }));
const page = (rows: ProfileItem[], total = rows.length) => ({ rows, total, pages: Math.ceil(total / 250) });
const uncounted = (rows: ProfileItem[]) => ({ ...page(rows), isUncounted: true as const });

describe('the count of what is on a profile', () => {
  it.each<[string, Parameters<typeof countOn>[0], number | null]>([
    ['an empty list', page([]), 0],
    ['a whole list', page(here(3)), 3],
    ['a list that goes on', page(here(250), 1234), 1234],
    ['rows that do not show where they are', page([{}, {}]), 2],
    ['rows on another profile', page([...here(2), { profile: 'p2' }, { profile: null }]), 2],
    ['a list of all profiles that goes on', page([...here(2), { profile: 'p2' }], 1234), null],
    ['a list that goes on and shows nothing', page([], 12), null],
    ['a short list that does not say its length', uncounted(here(19)), 19],
    ['a long list that does not say its length', uncounted(here(20)), null],
  ])('of %s', (_, list, count) => {
    expect(countOn(list, 'p1')).toBe(count);
  });
});

describe('the profiles that are looked at', () => {
  it.each([
    [Number.POSITIVE_INFINITY, 20],
    [5, 20],
    [2, 10],
    [1, 5],
    [0.1, 1],
  ])('at %d requests a second are at most %d', (perSecond, most) => {
    expect(mostLeftProfiles(perSecond)).toBe(most);
  });
});

describe('the profiles of a plan', () => {
  const pairs = [
    { from: 'a', to: 'b', count: 5 },
    { from: 'c', to: 'UNASSIGN', count: 4 },
    { from: 'UNASSIGN', to: 'b', count: 3 },
    { from: '', to: 'b', count: 2 },
    { from: 'd', to: 'a', count: 2 },
    { from: 'c', to: 'b', count: 2 },
  ];

  it('that numbers leave come with the most numbers first', () => {
    expect(leavingOf(pairs)).toEqual([
      ['c', 6],
      ['a', 5],
      ['d', 2],
    ]);
  });

  it('are compared for the most frequent moves between two of them', () => {
    expect(frequentPairs(pairs, 2).map(({ from, to }) => `${from}>${to}`)).toEqual(['a>b', 'd>a']);
  });
});
