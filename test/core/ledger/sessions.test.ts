import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerCounts } from '../../../src/core/ledger/answer-counts.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { addSession, noSessions, paceOf } from '../../../src/core/ledger/sessions.ts';
import { makeOutcome } from '../../support/make.ts';

type Peaks = Partial<{ one: number; sixty: number; paused: number }>;

/** The counts of a session with this number of requests. */
function pace(total: number, mean: number, { one = 1, sixty = 1, paused = 0 }: Peaks = {}) {
  return {
    at: '2026-11-23T02:00:03.000Z',
    requests: { total, writes: total - 3, reads: 3, retries: 1, rate_limited: 2 },
    rate: {
      mean_per_s: mean,
      max_in_1s: one,
      max_in_60s: sixty,
      paused_ms: paused,
      throttled_ms: paused / 2,
      allowed: 2 * total,
      server_limit: null,
    },
  };
}

const NOTHING = {
  requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 },
  rate: {
    mean_per_s: 0,
    max_in_1s: 0,
    max_in_60s: 0,
    paused_ms: 0,
    throttled_ms: 0,
    allowed: 0,
    server_limit: null,
  },
};

const started = (at: string): LedgerEntry => ({ type: 'session_started', at, pid: 1 });
const seen = (...[total, mean, peaks]: Parameters<typeof pace>): LedgerEntry => ({
  type: 'session_seen',
  ...pace(total, mean, peaks),
});
const ended = (...[total, mean, peaks]: Parameters<typeof pace>): LedgerEntry => ({
  type: 'session_ended',
  stop: null,
  ...pace(total, mean, peaks),
});
const idle: LedgerEntry = { type: 'session_ended', at: 't9', stop: 'signal', ...NOTHING };

/** How many sessions there are, when the first one began, and what all of them come to. */
function sessionsOf(...entries: LedgerEntry[]) {
  const sessions = noSessions();
  for (const entry of entries) addSession(sessions, entry);
  return { count: sessions.count, firstAt: sessions.firstAt, ...paceOf(sessions) };
}

describe('the sessions of a ledger', () => {
  it('none: all zeros', () => {
    expect(sessionsOf()).toEqual({ count: 0, firstAt: null, ...NOTHING });
  });

  it('one: as it was; entries about rows and profiles change nothing', () => {
    const sessions = sessionsOf(
      started('t1'),
      { type: 'intent', row: 1, at: 't1' },
      { type: 'outcome', ...makeOutcome() },
      { type: 'put_back', row: 2, ambiguous: true, attempts: 3, at: 't1' },
      { type: 'profile_held', profile: 'p', why: 'w', at: 't1' },
      ended(10, 4.5, { one: 5, sixty: 10, paused: 300 }),
    );
    expect(sessions).toEqual({
      count: 1,
      firstAt: 't1',
      requests: { total: 10, writes: 7, reads: 3, retries: 1, rate_limited: 2 },
      rate: {
        mean_per_s: 4.5,
        max_in_1s: 5,
        max_in_60s: 10,
        paused_ms: 300,
        throttled_ms: 150,
        allowed: 20,
        server_limit: null,
      },
    });
  });

  it('several: requests and pauses add up, peaks are the highest, the mean is that of all requests in all the time', () => {
    const sessions = sessionsOf(
      started('t1'),
      ended(30, 4, { one: 5, sixty: 30, paused: 300 }),
      started('t2'),
      idle,
      started('t3'),
      ended(10, 2, { one: 7, sixty: 10, paused: 200 }),
    );
    expect(sessions).toEqual({
      count: 3,
      firstAt: 't1',
      requests: { total: 40, writes: 34, reads: 6, retries: 2, rate_limited: 4 },
      rate: {
        mean_per_s: 3.2,
        max_in_1s: 7,
        max_in_60s: 30,
        paused_ms: 500,
        throttled_ms: 250,
        allowed: 80,
        server_limit: null,
      },
    });
  });

  it('keep the limit that a server has named last, and have nothing allowed if nothing limits', () => {
    const limit = { requests: 100, window_ms: 60_000 };
    const first = ended(10, 2);
    const named = { ...first, rate: { ...pace(10, 2).rate, server_limit: limit } } as LedgerEntry;
    expect(sessionsOf(started('t1'), named, started('t2'), first).rate.server_limit).toEqual(limit);
    const off = { ...first, rate: { ...pace(10, 2).rate, allowed: null } } as LedgerEntry;
    expect(sessionsOf(started('t1'), off, started('t2'), off).rate.allowed).toBeNull();
    expect(sessionsOf(started('t1'), first, started('t2'), off).rate.allowed).toBeNull();
  });

  it('that an earlier version has written say nothing of what it did not count', () => {
    const rate = { mean_per_s: 2, max_in_1s: 3, max_in_60s: 4, paused_ms: 5 };
    const old = { ...ended(10, 2), rate } as unknown as LedgerEntry;
    expect(sessionsOf(started('t1'), old).rate).toEqual({ ...NOTHING.rate, ...rate });
  });

  it('that sent nothing at all have no mean', () => {
    expect(sessionsOf(started('t1'), idle, started('t2'), idle).rate.mean_per_s).toBe(0);
  });

  it('that were cut off by a crash are counted, though they tell no more', () => {
    expect(sessionsOf(started('t1'), started('t2'))).toEqual({ count: 2, firstAt: 't1', ...NOTHING });
  });
});

it('sessions add up their answers, which older versions did not count', () => {
  const answered = (answers: AnswerCounts): LedgerEntry => {
    const { requests, ...rest } = pace(3, 1);
    return { type: 'session_ended', stop: null, requests: { ...requests, answers }, ...rest };
  };
  const one = answered({ write: { ok: 2 } });
  const sessions = sessionsOf(started('t1'), one, started('t2'), ended(3, 1), started('t3'), one);
  expect(sessions.requests.answers).toEqual({ write: { ok: 4 } });
});

it('sessions add up their orders, which most have none of', () => {
  const ordered = (type: 'session_seen' | 'session_ended', orders: number) => {
    const { requests, ...rest } = pace(3, 1);
    return { type, stop: null, requests: { ...requests, orders }, ...rest } as LedgerEntry;
  };
  const first = [started('t1'), ordered('session_ended', 2), started('t2'), ended(3, 1)];
  expect(sessionsOf(...first).requests.orders).toBe(2);
  expect(sessionsOf(...first, started('t3'), ordered('session_seen', 5)).requests.orders).toBe(7);
  expect(sessionsOf(started('t1'), ended(3, 1)).requests).not.toHaveProperty('orders');
});

describe('a session that was cut off by a crash', () => {
  const last = pace(8, 4, { one: 6, sixty: 8, paused: 50 });

  it('has come to what it had come to when it was last seen', () => {
    const { requests, rate } = last;
    const whole = { count: 1, firstAt: 't1', requests, rate };
    expect(sessionsOf(started('t1'), seen(8, 4, { one: 6, sixty: 8, paused: 50 }))).toEqual(whole);
    expect(sessionsOf(started('t1'), seen(4, 2), seen(8, 4, { one: 6, sixty: 8, paused: 50 }))).toEqual(whole);
  });

  it('stands beside those before it and those after it', () => {
    const cut = [started('t1'), seen(5, 5), seen(30, 4, { one: 5, sixty: 30, paused: 300 })];
    const next = [started('t2'), seen(4, 1), ended(10, 2, { one: 7, sixty: 10, paused: 200 })];
    const both = {
      count: 2,
      firstAt: 't1',
      requests: { total: 40, writes: 34, reads: 6, retries: 2, rate_limited: 4 },
      rate: {
        mean_per_s: 3.2,
        max_in_1s: 7,
        max_in_60s: 30,
        paused_ms: 500,
        throttled_ms: 250,
        allowed: 80,
        server_limit: null,
      },
    };
    expect(sessionsOf(...cut, ...next)).toEqual(both);
    expect(sessionsOf(...next, ...cut)).toMatchObject({ requests: both.requests, rate: both.rate });
    expect(sessionsOf(...cut, started('t2'))).toMatchObject({
      count: 2,
      requests: { total: 30, writes: 27, reads: 3, retries: 1, rate_limited: 2 },
    });
  });

  it('is not counted twice if it went on to its end', () => {
    expect(sessionsOf(started('t1'), seen(4, 2), seen(8, 4), ended(9, 3))).toEqual(
      sessionsOf(started('t1'), ended(9, 3)),
    );
    expect(sessionsOf(started('t1'), seen(8, 4), idle)).toEqual(sessionsOf(started('t1'), idle));
  });
});

it('whatever sessions come to, they come to the sum of it, in whatever order they come', () => {
  const session = fc.record({
    total: fc.nat(1000),
    mean: fc.integer({ min: 1, max: 500 }),
    one: fc.nat(500),
    sixty: fc.nat(5000),
    paused: fc.nat(90_000),
    last: fc.constantFrom('seen', 'ended', 'seen and ended'),
  });
  fc.assert(
    fc.property(fc.array(session, { maxLength: 8 }), (given) => {
      const entries = given.flatMap(({ total, mean, last, ...peaks }, at): LedgerEntry[] => [
        started(`t${at}`),
        ...(last === 'ended' ? [] : [seen(total, mean, peaks)]),
        ...(last === 'seen' ? [] : [ended(total, mean, peaks)]),
      ]);
      const { count, firstAt, requests, rate } = sessionsOf(...entries);
      const sum = (numbers: number[]) => numbers.reduce((all, n) => all + n, 0);
      const total = sum(given.map((each) => each.total));
      expect([count, firstAt]).toEqual([given.length, given.length === 0 ? null : 't0']);
      expect([requests.total, requests.reads]).toEqual([total, 3 * given.length]);
      expect(requests.writes).toBe(total - 3 * given.length);
      expect(rate.max_in_1s).toBe(Math.max(0, ...given.map(({ one }) => one)));
      expect(rate.max_in_60s).toBe(Math.max(0, ...given.map(({ sixty }) => sixty)));
      expect(rate.paused_ms).toBe(sum(given.map(({ paused }) => paused)));
      const seconds = sum(given.map((each) => (each.mean === 0 ? 0 : each.total / each.mean)));
      if (seconds > 0) expect(rate.mean_per_s).toBeCloseTo(total / seconds, 6);
    }),
  );
});
