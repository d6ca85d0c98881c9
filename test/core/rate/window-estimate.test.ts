import { describe, expect, it } from 'vitest';
import { createWindowEstimate, type WindowSample } from '../../../src/core/rate/window-estimate.ts';

const SAMPLE: WindowSample = {
  limit: 100,
  used: 10,
  resetMs: null,
  resetBlurMs: 0,
  sent: 10,
  ageMs: 1000,
  blurMs: 100,
  sinceFirstMs: 1000,
  wayMs: 10,
  sentWithin: () => 0,
  noise: 0,
};

describe('the window of a limiter', () => {
  it('is as long as the greatest reset that has come twice, and known at once', () => {
    const window = createWindowEstimate();
    expect(window.isKnown()).toBe(false);
    window.heard(0, { ...SAMPLE, resetMs: 30_000 });
    expect([window.isKnown(), window.ms()]).toEqual([true, 30_000]);
    // One answer alone may be wrong.
    window.heard(1000, { ...SAMPLE, resetMs: 60_000 });
    expect(window.ms()).toBe(30_000);
    window.heard(2000, { ...SAMPLE, resetMs: 59_000 });
    expect(window.ms()).toBe(59_000);
  });

  it('is at least as long as places have been taken, where no reset is named', () => {
    const window = createWindowEstimate();
    for (let s = 1; s <= 20; s++) {
      window.heard(s * 1000, { ...SAMPLE, used: s, sent: s, ageMs: s * 1000, sinceFirstMs: s * 1000 });
    }
    expect(window.isKnown()).toBe(false);
    expect(window.ms()).toBeGreaterThan(18_000);
    // Places have come back: it is known.
    window.heard(25_000, { ...SAMPLE, used: 5, sent: 25, ageMs: 5000, sinceFirstMs: 25_000 });
    expect(window.isKnown()).toBe(true);
  });

  it('is not what a reset says that places outlast, where a longer one explains better how they do', () => {
    const lengthWith = (sentWithin: (ms: number, at: number) => number) => {
      const window = createWindowEstimate();
      for (let s = 1; s <= 30; s++) {
        const at = s * 1000;
        const sample = { ...SAMPLE, used: s, sent: s, ageMs: at, sinceFirstMs: at, resetMs: 1000 };
        window.heard(at, { ...sample, sentWithin: (ms) => sentWithin(ms, at) });
      }
      return window.ms();
    };
    // One a second: of a window of a second none but one would be taken.
    expect(lengthWith((ms, at) => Math.min(ms, at) / 1000)).toBeGreaterThan(15_000);
    // None of ours, so that others may hold them.
    expect(lengthWith(() => 0)).toBe(1000);
  });

  it('is at least what a reset says when no place is free, where it says nothing before', () => {
    const window = createWindowEstimate();
    for (let s = 1; s <= 20; s++) {
      window.heard(s * 100, { ...SAMPLE, used: s, sent: s, ageMs: s * 100, sinceFirstMs: s * 100, resetMs: 0 });
    }
    expect(window.isGuessed()).toBe(true);
    expect(window.ms()).toBeLessThan(2100);
    window.heard(2100, { ...SAMPLE, used: 100, sent: 21, ageMs: 2100, sinceFirstMs: 2100, resetMs: 50_000 });
    expect(window.isGuessed()).toBe(true);
    expect(window.ms()).toBe(50_000);
  });
});
