import { describe, expect, it } from 'vitest';
import { LEFT, leftAfter } from '../../src/core/ledger-entry.ts';
import { makeOutcome } from './make.ts';

const at = '2026-11-23T02:00:00.000Z';

describe('how a row is left', () => {
  it('after its intent: a write may have happened', () => {
    expect(leftAfter({ type: 'intent', row: 4, at })).toEqual({ row: 4, left: LEFT.intent });
  });

  it('after it was put back: untouched, or ambiguous', () => {
    const back = { type: 'put_back', row: 4, attempts: 1, at } as const;
    expect(leftAfter({ ...back, ambiguous: false })).toEqual({ row: 4, left: LEFT.put_back });
    expect(leftAfter({ ...back, ambiguous: true })).toEqual({ row: 4, left: LEFT.ambiguous });
  });

  it('after its outcome: ended', () => {
    expect(leftAfter({ type: 'outcome', ...makeOutcome({ row: 4 }) })).toEqual({ row: 4, left: LEFT.outcome });
  });

  it('is not told by entries about sessions', () => {
    const requests = { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 };
    const rate = { mean_per_s: 0, max_in_1s: 0, max_in_60s: 0, paused_ms: 0 };
    expect(leftAfter({ type: 'session_started', at, pid: 1 })).toBeNull();
    expect(leftAfter({ type: 'session_ended', at, stop: null, requests, rate })).toBeNull();
  });

  it('has five ways that are all told apart, and untouched is 0', () => {
    expect(new Set(Object.values(LEFT)).size).toBe(5);
    expect(LEFT.untouched).toBe(0);
  });
});
