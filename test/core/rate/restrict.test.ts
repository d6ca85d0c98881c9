import { describe, expect, it } from 'vitest';
import type { RateControl, RateObservation } from '../../../src/core/rate/rate-control.ts';
import { auto, fixed } from './scenario.ts';

const NOTHING = { limit: null, remaining: null, resetMs: null, resetRoundingMs: 0, throttled: false };

/** Sends at the rate of a control from one time to another. Returns when the next request is due. */
function drive(control: RateControl, [from, to]: [number, number], answer: Partial<RateObservation> = {}): number {
  let now = from;
  for (; now < to; now += 1000 / control.rate(now)) {
    control.onSent(now);
    control.onResponse(now, { ...NOTHING, sentAt: now, ...answer });
  }
  return now;
}

describe('a rate that is changed while requests are sent', () => {
  it('holds at once, up and down', () => {
    const control = fixed(10);
    const now = drive(control, [0, 5000]);
    control.restrict(50, 0);
    expect(control.rate(now)).toBe(50);
    control.restrict(2, 0);
    expect(control.rate(now)).toBe(2);
  });

  it('becomes auto from where it was', () => {
    const control = fixed(10);
    const now = drive(control, [0, 5000]);
    control.restrict(null, 20);
    expect(control.rate(now)).toBe(10);
    const later = drive(control, [now, now + 30_000]);
    expect(control.rate(later)).toBeGreaterThan(20);
    control.restrict(3, 0);
    expect(control.rate(later)).toBe(3);
  });

  it('keeps the limit that 429s have shown', () => {
    const control = fixed(10);
    let now = drive(control, [0, 500]);
    control.onSent(now);
    control.onResponse(now, { ...NOTHING, throttled: true, sentAt: now });
    const lowered = control.rate(now);
    expect(lowered).toBeLessThan(10);
    control.restrict(50, 0);
    expect(control.rate(now)).toBe(lowered);
    now = drive(control, [now + 100, now + 5000]);
    control.restrict(60, 0);
    expect(control.rate(now)).toBeLessThan(15);
  });

  it('keeps the quota that the server has named, and its reserve', () => {
    const headers = { limit: 600, remaining: 300, resetMs: 30_000 };
    const control = auto(50);
    const now = drive(control, [0, 60_000], headers);
    const withReserve = control.rate(now);
    control.restrict(100, 0);
    expect(control.rate(now)).toBeGreaterThan(withReserve);
    control.restrict(null, 50);
    expect(control.rate(now)).toBe(withReserve);
    expect(control.serverLimit()?.limit).toBe(600);
  });
});
