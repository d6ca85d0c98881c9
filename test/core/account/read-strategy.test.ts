import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  callsByName,
  cheapestWay,
  estimateText,
  isCheapestByName,
  isFirstPageWorthReading,
} from '../../../src/core/account/read-strategy.ts';

const ids = (n: number) => ({ ids: n, idsWithPhone: 0, phones: 0 });
const withPhone = (n: number) => ({ ids: n, idsWithPhone: n, phones: 0 });
const phones = (n: number) => ({ ids: 0, idsWithPhone: 0, phones: n });

describe('the calls that read numbers by their names', () => {
  it.each([
    ['ids alone', ids(50), 50],
    ['ids with phone numbers', withPhone(50), 1],
    ['phone numbers', phones(250), 1],
    ['one more than a page of phone numbers', phones(251), 2],
    ['both on one page', { ids: 100, idsWithPhone: 100, phones: 150 }, 1],
    ['some ids with phone numbers', { ids: 30, idsWithPhone: 10, phones: 5 }, 21],
    ['nothing', ids(0), 0],
  ])('of %s are a page of phone numbers or one for each other id', (_what, demand, calls) => {
    expect(callsByName(demand)).toBe(calls);
  });
});

describe('the estimate in words', () => {
  it('names the ways that there are, and their calls', () => {
    expect(estimateText({ ids: 10_000, idsWithPhone: 0, phones: 0 }, 40)).toBe(
      'estimated requests: 10,000 one by one, or 40 from the whole list',
    );
    expect(estimateText({ ids: 600, idsWithPhone: 500, phones: 1 }, null)).toBe(
      'estimated requests: 3 by phone number and 100 one by one, and no list takes fewer',
    );
    expect(estimateText({ ids: 0, idsWithPhone: 0, phones: 5 }, 7)).toBe(
      'estimated requests: 1 by phone number, or 7 from the whole list',
    );
  });
});

describe('the list of a profile', () => {
  it('is worth reading if every other way takes many calls, and the numbers would fill fewer pages', () => {
    expect(isFirstPageWorthReading(ids(300), 39)).toBe(true);
    expect(isFirstPageWorthReading(ids(300), 8)).toBe(false);
    expect(isFirstPageWorthReading(ids(8), 39)).toBe(false);
    expect(isFirstPageWorthReading(ids(9), 39)).toBe(true);
    // As many as the whole account has: no list of a profile is shorter by a fifth.
    expect(isFirstPageWorthReading(ids(10_000), 39)).toBe(false);
    expect(isFirstPageWorthReading(ids(7750), 39)).toBe(true);
  });
});

describe('whether numbers are best read by name, whatever the account holds', () => {
  it.each([
    ['one id', ids(1), true],
    ['two ids', ids(2), true],
    ['three ids, which a list may show at once', ids(3), false],
    ['any number of phone numbers', phones(1_000_000), true],
    ['50 ids with phone numbers', withPhone(50), true],
    ['10,000 ids with phone numbers', withPhone(10_000), true],
    ['50 ids without', ids(50), false],
    ['one id among 500 phone numbers', { ids: 1, idsWithPhone: 0, phones: 500 }, true],
    ['some ids without', { ids: 500, idsWithPhone: 490, phones: 0 }, false],
    ['nothing', ids(0), true],
  ])('%s: %s', (_what, demand, isCheapest) => {
    expect(isCheapestByName(demand)).toBe(isCheapest);
  });
});

describe('the cheapest way to read', () => {
  const profile = (pagesLeft: number, hits: number, name = 'p') => ({ profile: name, pagesLeft, hits });

  it.each([
    ['all 10,000 numbers of an account', ids(10_000), 39, 'whole'],
    ['50 of 10,000 numbers without phone numbers', ids(50), 39, 'whole'],
    ['30 of 10,000 numbers without phone numbers', ids(30), 39, 'by_name'],
    ['as many numbers as pages are left', ids(39), 39, 'whole'],
    ['50 of 10,000 numbers with phone numbers', withPhone(50), 39, 'by_name'],
    ['what the first page has shown all of', ids(0), 0, 'whole'],
    ['nothing more, of a long list', ids(0), 39, 'by_name'],
    ['the rest of a list of one page', ids(10), 0, 'whole'],
  ])('%s is known from calls and pages', (_what, demand, wholeLeft, how) => {
    expect(cheapestWay(demand, wholeLeft, [])).toEqual({ how });
  });

  it('10,000 numbers of a huge account, mostly on the profile that they are to go to, is the list of that profile', () => {
    expect(cheapestWay(ids(10_000), 4000, [profile(40, 9900)])).toEqual({ how: 'profile', profile: 'p' });
    expect(cheapestWay(ids(10_000), 4000, [profile(40, 0)])).toEqual({ how: 'whole' });
    // What is left after it: a hundred calls, and no list any longer.
    expect(cheapestWay(ids(100), 4000, [])).toEqual({ how: 'by_name' });
  });

  it('a list of a profile must save a fifth of the calls, because its first page is only a hint', () => {
    expect(cheapestWay(ids(100), 4000, [profile(79, 100)])).toEqual({ how: 'profile', profile: 'p' });
    expect(cheapestWay(ids(100), 4000, [profile(80, 100)])).toEqual({ how: 'by_name' });
    expect(cheapestWay(ids(100), 4000, [profile(0, 20)])).toEqual({ how: 'by_name' });
    expect(cheapestWay(ids(100), 4000, [profile(0, 21)])).toEqual({ how: 'profile', profile: 'p' });
  });

  it('of several profiles is the one after which the fewest calls are left', () => {
    const guesses = [profile(10, 50, 'a'), profile(10, 80, 'b'), profile(30, 90, 'c')];
    expect(cheapestWay(ids(100), 4000, guesses)).toEqual({ how: 'profile', profile: 'b' });
  });

  it('counts on no more than all numbers of a profile, and on none if nothing is left', () => {
    expect(cheapestWay(ids(10), 4000, [profile(9, 100_000)])).toEqual({ how: 'by_name' });
    expect(cheapestWay(ids(10), 4000, [profile(1, 100_000)])).toEqual({ how: 'profile', profile: 'p' });
    expect(cheapestWay(ids(0), 10, [profile(0, 5)])).toEqual({ how: 'by_name' });
  });

  it('never takes more calls than the better of names and the whole list, by what is known', () => {
    const demands = fc
      .tuple(fc.nat(5000), fc.nat(5000), fc.nat(5000))
      .map(([plain, both, only]) => ({ ids: plain + both, idsWithPhone: both, phones: only }));
    const guesses = fc.array(
      fc.record({ profile: fc.constantFrom('a', 'b', 'c'), pagesLeft: fc.nat(500), hits: fc.nat(20_000) }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(demands, fc.nat(5000), guesses, (demand, wholeLeft, given) => {
        const choice = cheapestWay(demand, wholeLeft, given);
        const byName = callsByName(demand);
        if (choice.how === 'by_name') expect(byName).toBeLessThan(wholeLeft);
        if (choice.how === 'whole') expect(wholeLeft).toBeLessThanOrEqual(byName);
        if (choice.how !== 'profile') return;
        const pages = given.filter((guess) => guess.profile === choice.profile).map((guess) => guess.pagesLeft);
        expect(Math.min(...pages)).toBeLessThan(0.8 * Math.min(byName, wholeLeft));
      }),
    );
  });
});
