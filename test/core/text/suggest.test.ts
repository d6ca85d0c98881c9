import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, suggestion } from '../../../src/core/text/suggest.ts';

describe('didYouMean', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'abc', 3],
    ['rate', 'rate', 0],
    ['raet', 'rate', 2],
    ['kitten', 'sitting', 3],
  ])('%j and %j are %d letters apart', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it.each([
    ['raet', null],
    ['rat', 'rate'],
    ['RATE', 'rate'],
    ['aply', 'apply'],
    ['pla', 'plan'],
    ['xyz', null],
  ])('for %s is %s', (word, meant) => {
    expect(didYouMean(word, ['plan', 'apply', 'rate'])).toBe(meant);
  });

  it('accepts more changes in a longer word', () => {
    expect(didYouMean('max-atemts', ['max-attempts'])).toBe('max-attempts');
    expect(didYouMean('mx-atemts', ['max-attempts'])).toBe('max-attempts');
    expect(didYouMean('xxxxxtempts', ['max-attempts'])).toBeNull();
  });

  it('is the most similar word', () => {
    expect(didYouMean('retry-bas', ['retry-max', 'retry-base'])).toBe('retry-base');
  });

  it('becomes a question at the end of a message', () => {
    expect(suggestion('apply')).toBe('; did you mean apply?');
    expect(suggestion(null)).toBe('');
  });
});
