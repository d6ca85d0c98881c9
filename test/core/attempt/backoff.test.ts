import { isMainThread } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WaitHeaders } from '../../../src/core/api/response.ts';
import { backoffMs, rateHeaders, serverWaitMs } from '../../../src/core/attempt/backoff.ts';
import { anyText } from '../../support/any-text.ts';

const NONE = { retryAfter: null, rateLimit: null, rateLimitReset: null, rateLimitRemaining: null, date: null };
const NOW = Date.parse('2026-11-23T02:00:00Z');

/** The wait that an answer with these headers asks for; `throttled` is a 429. */
function waitOf(headers: Partial<WaitHeaders>, throttled = false): number | null {
  return serverWaitMs({ ...NONE, ...headers }, throttled, NOW);
}

describe('our own backoff', () => {
  it.each([
    [1, 1, 1000],
    [2, 1, 2000],
    [3, 1, 4000],
    [6, 1, 32_000],
    [7, 1, 60_000],
    [1000, 1, 60_000],
    [1, 0, 0],
    [3, 0.25, 1000],
  ])('after failure %d, with the random number %d, is %d ms', (failures, random, ms) => {
    expect(backoffMs(failures, 1000, 60_000, random)).toBe(ms);
  });

  it('lies between 0 and the longest wait, and is a number', () => {
    const duration = fc.double({ min: 0, max: 1e9, noNaN: true });
    const random = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), duration, duration, random, (failures, base, max, chance) => {
        const ms = backoffMs(failures, base, max, chance);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('can be longer after each failure, and never longer than twice as long', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (failures) => {
        const now = backoffMs(failures, 1000, 60_000, 1);
        const next = backoffMs(failures + 1, 1000, 60_000, 1);
        expect(next).toBeGreaterThanOrEqual(now);
        expect(next).toBeLessThanOrEqual(2 * now);
      }),
    );
  });
});

describe('retry-after', () => {
  it.each([
    ['0', 0],
    ['1', 1000],
    [' 120 ', 120_000],
    ['1.5', 1500],
    ['1.25', 1250],
    ['1.', 1000],
    ['999999999', 999_999_999_000],
    // An epoch, in seconds or ms.
    [String(NOW / 1000 + 30), 30_000],
    [String(NOW + 30_000), 30_000],
    [String(NOW / 1000 - 30), 0],
    ['1000000000', 0],
    ['999999999999999', 999_999_999_999_999 - NOW],
    // Twenty digits are a wait that no limit allows, and not nothing.
    ['10000000000000000000', 1e19 - NOW],
    ['Mon, 23 Nov 2026 02:00:30 GMT', 30_000],
    [' Mon, 23 Nov 2026 02:00:30 GMT ', 30_000],
    ['Monday, 23-Nov-26 02:00:30 GMT', 30_000],
    ['Mon Nov 23 02:00:30 2026', 30_000],
    ['Mon, 23 Nov 2026 03:00:30 +0100', 30_000],
    ['Mon, 23 Nov 2026 01:00:00 GMT', 0],
  ])('%j is %d ms', (retryAfter, ms) => {
    expect(waitOf({ retryAfter })).toBe(ms);
    expect(waitOf({ retryAfter }, true)).toBe(ms);
  });

  it.each([
    '',
    ' ',
    'soon',
    '-1',
    '+1',
    '1e3',
    '0x10',
    '1,5',
    'NaN',
    'Infinity',
    '100000000000000000000',
    '1 2',
    'Unknown 5',
    'x Mon, 23 Nov 2026 02:00:30 GMT',
    'xMon, 23 Nov 2026 02:00:30 GMT',
    'Retry after 2099',
    '2026-11-23T02:00:30Z',
    '23 Nov 2026 02:00:30 GMT',
    'Mon, 99 Foo 2026 02:00:30 GMT',
    'Mon, ',
  ])('%j asks for nothing', (retryAfter) => {
    expect(waitOf({ retryAfter })).toBeNull();
    expect(waitOf({ retryAfter }, true)).toBeNull();
  });

  it('as a date is taken relative to the date of the answer, as clocks differ', () => {
    const retryAfter = 'Fri, 01 Jan 2021 00:00:45 GMT';
    expect(waitOf({ retryAfter, date: 'Fri, 01 Jan 2021 00:00:00 GMT' })).toBe(45_000);
    expect(waitOf({ retryAfter, date: 'Fri, 01 Jan 2021 00:01:00 GMT' })).toBe(0);
    expect(waitOf({ retryAfter, date: 'garbage' })).toBe(0);
    expect(waitOf({ retryAfter: '45', date: 'Fri, 01 Jan 2021 00:00:00 GMT' })).toBe(45_000);
    expect(waitOf({ retryAfter: '1609459245', date: 'Fri, 01 Jan 2021 00:00:00 GMT' })).toBe(45_000);
  });

  // A worker thread cannot change its time zone.
  describe.runIf(isMainThread)('away from Greenwich', () => {
    afterEach(() => vi.unstubAllEnvs());

    it.each(['America/New_York', 'Asia/Kolkata'])('a date without a zone means GMT (in %s)', (zone) => {
      vi.stubEnv('TZ', zone);
      expect(new Date(2026, 10, 23).getTime()).not.toBe(Date.UTC(2026, 10, 23));
      expect(waitOf({ retryAfter: 'Mon Nov 23 02:00:30 2026' })).toBe(30_000);
      expect(waitOf({ retryAfter: 'Mon Nov 23 02:00:30 2026 ' })).toBe(30_000);
      expect(waitOf({ retryAfter: 'Mon, 23 Nov 2026 02:00:30' })).toBe(30_000);
      expect(waitOf({ retryAfter: 'Mon, 23 Nov 2026 03:00:30 +0100' })).toBe(30_000);
      expect(waitOf({ retryAfter: 'Mon, 23 Nov 2026 02:00:30 GMT' })).toBe(30_000);
    });
  });
});

describe('x-ratelimit-reset', () => {
  it.each([
    ['30', 30_000],
    ['0', 0],
    ['0.5', 500],
    // From a thousand million seconds on it is a time of day: ten seconds ahead, and one in the past.
    [String(NOW / 1000 + 10), 10_000],
    ['1640995200', 0],
    ['1000000000', 0],
    ['999999999', 999_999_999_000],
    // From a hundred thousand million on it counts milliseconds.
    ['99999999999', 98_204_600_799_000],
    ['100000000000', 0],
    [String(NOW + 10_000), 10_000],
    ['1640995200000', 0],
    ['1234567890123456', 1_232_772_490_923_456],
  ])('%j is %d ms on a 429, or when nothing remains', (rateLimitReset, ms) => {
    expect(waitOf({ rateLimitReset }, true)).toBe(ms);
    expect(waitOf({ rateLimitReset, rateLimitRemaining: '0' })).toBe(ms);
  });

  it('as an epoch is taken relative to the date of the answer', () => {
    const headers = { rateLimitReset: '1640995200', date: 'Fri, 31 Dec 2021 23:59:50 GMT' };
    expect(waitOf(headers, true)).toBe(10_000);
    expect(waitOf({ ...headers, rateLimitReset: '1640995200000' }, true)).toBe(10_000);
    expect(waitOf({ ...headers, rateLimitReset: '1640995190250' }, true)).toBe(250);
  });

  it('means nothing while requests remain', () => {
    expect(waitOf({ rateLimitReset: '30', rateLimitRemaining: '1' })).toBeNull();
    expect(waitOf({ rateLimitReset: '30' })).toBeNull();
    expect(waitOf({ rateLimitReset: '30', rateLimitRemaining: 'none' })).toBeNull();
  });

  it('that cannot be read asks for nothing on a 429, and for a second when nothing remains', () => {
    expect(waitOf({ rateLimitReset: 'later' }, true)).toBeNull();
    expect(waitOf({ rateLimitReset: 'later', rateLimitRemaining: '0' })).toBe(1000);
    expect(waitOf({ rateLimitRemaining: '0' })).toBe(1000);
    expect(waitOf({ rateLimitRemaining: ' 0.0 ' })).toBe(1000);
    expect(waitOf({ rateLimitRemaining: '0' }, true)).toBeNull();
  });
});

describe('several headers', () => {
  it('ask for the longer of their waits', () => {
    expect(waitOf({ retryAfter: '5', rateLimitReset: '30' }, true)).toBe(30_000);
    expect(waitOf({ retryAfter: '50', rateLimitReset: '30' }, true)).toBe(50_000);
    expect(waitOf({ retryAfter: 'soon', rateLimitReset: '30' }, true)).toBe(30_000);
  });

  it('none: no wait', () => {
    expect(waitOf({})).toBeNull();
    expect(waitOf({}, true)).toBeNull();
  });

  it('hold any text: the wait is a number of at least 0, or none', () => {
    const text = fc.oneof(
      anyText(),
      fc.string({ unit: fc.constantFrom(...'0123456789. -+eE:,GMT') }),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      fc.bigInt({ min: -10n, max: 10n ** 20n }).map(String),
      fc.tuple(fc.constantFrom('Mon, ', 'Sunday '), fc.string()).map(([day, rest]) => day + rest),
    );
    const header = fc.option(text);
    const headers = fc.record({
      retryAfter: header,
      rateLimit: header,
      rateLimitReset: header,
      rateLimitRemaining: header,
      date: header,
    });
    fc.assert(
      fc.property(headers, fc.boolean(), (any, throttled) => {
        const ms = serverWaitMs(any, throttled, NOW);
        if (ms !== null) expect(ms).toBeGreaterThanOrEqual(0);
        for (const value of Object.values(rateHeaders(any, NOW))) {
          expect(value === null || (Number.isFinite(value) && value >= 0)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
