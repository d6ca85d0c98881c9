import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { createTimeline } from '../../../src/core/report/timeline.ts';

const START = Date.parse('2026-11-23T02:00:00.000Z');
const at = (ms: number) => new Date(START + ms).toISOString();

type Seen = { total?: number; limited?: number; paused?: number; allowed?: number | null };

const started = (ms: number): LedgerEntry => ({ type: 'session_started', at: at(ms), pid: 1 });

function seen(ms: number, { total = 0, limited = 0, paused = 0, allowed }: Seen, type = 'session_seen'): LedgerEntry {
  return {
    type,
    at: at(ms),
    stop: null,
    requests: { total, writes: total, reads: 0, retries: 0, rate_limited: limited },
    rate: { mean_per_s: 0, max_in_1s: 0, max_in_60s: 0, paused_ms: paused },
    ...(allowed === undefined ? {} : { allowed_per_s: allowed }),
  } as unknown as LedgerEntry;
}
const ended = (ms: number, counts: Seen) => seen(ms, counts, 'session_ended');

function timelineOf(...entries: LedgerEntry[]) {
  const timeline = createTimeline();
  for (const entry of entries) timeline.add(entry);
  return timeline.timeline();
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe('the timeline', () => {
  it('is null if no session was seen', () => {
    expect(timelineOf()).toBeNull();
    expect(timelineOf(started(0), { type: 'taken_back', at: at(0), handover: 'h' })).toBeNull();
  });

  it('counts what each second added', () => {
    const timeline = timelineOf(
      started(0),
      seen(1000, { total: 10, allowed: 12.5 }),
      seen(2000, { total: 30, limited: 2, allowed: null }),
      ended(2500, { total: 35, limited: 2 }),
    );
    expect(timeline).toMatchObject({ startMs: START, widthMs: 1000 });
    expect(timeline?.buckets).toEqual([
      { requests: 10, limited: 0, pausedMs: 0, activeMs: 1000, allowed: 12.5 },
      { requests: 20, limited: 2, pausedMs: 0, activeMs: 1000, allowed: null },
      { requests: 5, limited: 0, pausedMs: 0, activeMs: 500, allowed: null },
    ]);
  });

  it('puts a pause before what was sent after it', () => {
    const timeline = timelineOf(started(0), seen(1000, { total: 5 }), ended(4000, { total: 9, paused: 2000 }));
    expect(timeline?.buckets.map(({ requests, pausedMs }) => [requests, pausedMs])).toEqual([
      [5, 0],
      [0, 1000],
      [0, 1000],
      [4, 0],
    ]);
  });

  it('leaves a gap between sessions, and starts to count again', () => {
    const timeline = timelineOf(started(0), ended(1000, { total: 5 }), started(3000), ended(4000, { total: 7 }));
    expect(timeline?.buckets.map(({ requests, activeMs }) => [requests, activeMs])).toEqual([
      [5, 1000],
      [0, 0],
      [0, 0],
      [7, 1000],
    ]);
  });

  it('doubles the width instead of the memory', () => {
    const entries = Array.from({ length: 3000 }, (_, second) =>
      seen((second + 1) * 1000, { total: second + 1, limited: second + 1, allowed: 9 }),
    );
    const timeline = timelineOf(
      started(0),
      ...entries,
      ended(10_000_000, { total: 4000, limited: 3000, paused: 5000 }),
    );
    expect(timeline?.widthMs).toBe(32_000);
    const buckets = timeline?.buckets ?? [];
    expect(buckets.length).toBeLessThanOrEqual(600);
    expect(sum(buckets.map(({ requests }) => requests))).toBeCloseTo(4000);
    expect(sum(buckets.map(({ limited }) => limited))).toBeCloseTo(3000);
    expect(sum(buckets.map(({ activeMs }) => activeMs))).toBeCloseTo(10_000_000);
    expect(buckets[0]).toMatchObject({ requests: 32, allowed: 9 });
  });

  it('bears a clock that was set back, a time that is none, and counts without a start', () => {
    const timeline = timelineOf(
      started(5000),
      seen(1000, { total: 3 }),
      { ...seen(0, { total: 9 }), at: 'soon' } as LedgerEntry,
      ended(6000, { total: 4 }),
      seen(7000, { total: 2 }),
    );
    expect(timeline?.buckets.map(({ requests }) => requests)).toEqual([4, 0, 2]);
  });
});
