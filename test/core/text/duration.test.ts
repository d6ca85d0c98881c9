import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/core/text/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['10', 10_000],
    ['0', 0],
    ['1.5s', 1500],
    ['0.25', 250],
    ['0.5ms', 0.5],
    [' 10s ', 10_000],
    // Floating point would make 2009.9999999999998 and 3960000.0000000005 of these.
    ['2.01s', 2010],
    ['1.1h', 3_960_000],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    ' ',
    's',
    '-1s',
    '+1s',
    '1 s',
    '10S',
    '1w',
    '1s2',
    '1m30s',
    '.5s',
    '5.s',
    '1e3',
    '1,5s',
    'Infinity',
    'NaN',
    '1234567890123',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('is read back unchanged from its exact text', () => {
    const number = fc
      .tuple(fc.nat(9999), fc.nat(999_999))
      .map(([whole, part]) => `${whole}.${String(part).padStart(6, '0')}`);
    fc.assert(
      fc.property(number, fc.constantFrom('ms', 's', 'm', 'h', 'd', ''), (digits, unit) => {
        const ms = parseDuration(digits + unit);
        expect(ms).not.toBeNull();
        expect(parseDuration(`${ms}ms`)).toBe(ms);
      }),
      { numRuns: 500 },
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [450.4, '450ms'],
    [999.4, '999ms'],
    [999.6, '1s'],
    [4200, '4.2s'],
    [10_000, '10s'],
    [59_949, '59.9s'],
    [59_950, '1m'],
    [200_000, '3m 20s'],
    [3_599_400, '59m 59s'],
    [3_599_600, '1h'],
    [7_500_000, '2h 5m'],
    [86_369_000, '23h 59m'],
    [86_399_000, '1d'],
    [97_200_000, '1d 3h'],
    [604_800_000, '7d'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
