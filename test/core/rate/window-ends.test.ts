import { describe, expect, it } from 'vitest';
import { createWindowEnds } from '../../../src/core/rate/window-ends.ts';

const LIMIT = 100;
const WINDOW_MS = 60_000;

/** Hears the answers of a fixed window, evenly one every so many ms, of which so many places are of others at its end. */
function hear(windows: number, everyMs: number, others = 0, from = 0, ends = createWindowEnds()) {
  let sure = 0;
  let sent = 0;
  for (let at = from; at < from + windows * WINDOW_MS; at += everyMs) {
    sent += 1;
    const into = at % WINDOW_MS;
    const ours = 1 + Math.floor(into / everyMs);
    const used = ours + Math.floor((others * into) / WINDOW_MS);
    const sentWithin = (ms: number) => Math.floor(ms / everyMs);
    const sample = { limit: LIMIT, used, sent, ageMs: into * (used / ours), sentWithin, noise: 0, wayMs: 100 };
    if (ends.heard(at, sample, null) === 'sure') sure += 1;
  }
  return { ends, sure };
}

/** One answer, where nothing has been sent for long. */
const one = (used: number, sent: number, ageMs: number) => ({
  limit: LIMIT,
  used,
  sent,
  ageMs,
  sentWithin: () => 0,
  noise: 0,
  wayMs: 100,
});

describe('the ends of fixed windows', () => {
  it('are not known before the first', () => {
    expect(hear(1, 1000).ends.ms(WINDOW_MS)).toBeNull();
  });

  it('are as far apart as a window is long', () => {
    const { ends, sure } = hear(5, 1000);
    expect(sure).toBe(4);
    expect(ends.ms(5 * WINDOW_MS)).toBe(WINDOW_MS);
  });

  it('are so whoever else takes places, although those make ours seem older', () => {
    expect(hear(5, 2000, 60).ends.ms(5 * WINDOW_MS)).toBe(WINDOW_MS);
  });

  it('tell by the age of what was taken when there was but one', () => {
    expect(hear(1.5, 1000).ends.ms(1.5 * WINDOW_MS)).toBe(WINDOW_MS);
  });

  it('are not seen for sure where nothing was sent for long: then a window is at least as long as places were taken', () => {
    const { ends } = hear(0.5, 1000);
    expect(ends.heard(3 * WINDOW_MS, one(1, 31, 0), null)).toBe('maybe');
    // No shorter than the half of it that was seen: as people choose them.
    expect(ends.ms(3 * WINDOW_MS)).toBe(WINDOW_MS);
    const longer = createWindowEnds();
    longer.heard(2e8, one(10, 10, 2e8), null);
    expect(longer.heard(4e8, one(1, 11, 0), null)).toBe('maybe');
    expect(longer.ms(4e8)).toBe(2e8);
  });

  it('are not seen where few places were taken, or not all came back', () => {
    const ends = createWindowEnds();
    expect(ends.heard(0, one(4, 4, 50_000), null)).toBe('no');
    expect(ends.heard(1000, one(1, 5, 0), null)).toBe('no');
    expect(ends.heard(2000, one(40, 50, 50_000), null)).toBe('no');
    expect(ends.heard(3000, one(10, 51, 9000), null)).toBe('no');
    expect(ends.ms(3000)).toBeNull();
  });

  it('are seen where others have taken a place or two of the next window already, but not where it may be sliding', () => {
    for (const [sentWithin, seen] of [
      [() => 0, 'sure'],
      [(ms: number) => (ms > 40_000 ? 80 : 0), 'no'],
    ] as const) {
      const ends = createWindowEnds();
      ends.heard(0, { ...one(90, 90, 40_000), sentWithin }, null);
      expect(ends.heard(1000, { ...one(4, 91, 500), sentWithin }, null)).toBe(seen);
    }
    const ends = createWindowEnds();
    ends.heard(0, one(90, 90, 40_000), null);
    expect(ends.heard(1000, one(12, 91, 500), null)).toBe('no');
  });

  it('are not seen where few places come back, and that may be wrong', () => {
    for (const [noise, seen] of [
      [0, 'sure'],
      [3, 'no'],
    ] as const) {
      const ends = createWindowEnds();
      ends.heard(0, { ...one(9, 9, 40_000), noise }, null);
      expect(ends.heard(1000, { ...one(1, 10, 0), noise }, null)).toBe(seen);
    }
  });

  it('are not seen twice because answers come out of their order', () => {
    const ends = createWindowEnds();
    ends.heard(59_900, one(80, 80, 59_000), null);
    expect(ends.heard(60_100, one(1, 81, 0), null)).toBe('sure');
    expect(ends.heard(60_050, one(80, 80, 59_000), null)).toBe('no');
    expect(ends.heard(60_150, one(80, 81, 59_000), null)).toBe('no');
    expect(ends.heard(60_300, one(2, 82, 100), null)).toBe('no');
    // However long it was on its way, what comes after it is not compared with it.
    expect(ends.heard(60_200, one(80, 80, 59_000), null)).toBe('no');
    expect(ends.heard(60_800, one(3, 83, 600), null)).toBe('no');
    ends.heard(119_900, one(80, 160, 59_000), null);
    expect(ends.heard(120_100, one(1, 161, 0), null)).toBe('sure');
    expect(ends.ms(120_100)).toBe(WINDOW_MS);
  });

  it('are not seen in what comes back to a bucket', () => {
    for (const [fillMs, seen] of [
      [600_000, 'sure'],
      [60_000, 'no'],
    ] as const) {
      const ends = createWindowEnds();
      ends.heard(0, one(15, 15, 50_000), null);
      expect(ends.heard(9000, one(1, 16, 0), fillMs)).toBe(seen);
    }
  });

  it('are over when none has come for two windows in which it would have been seen, and not before', () => {
    const { ends } = hear(2.01, 1000);
    let sent = 121;
    const taken = (at: number) => {
      sent += 1;
      ends.heard(at, one(60, sent, 1000), null);
      return ends.ms(at);
    };
    // Too few answers to tell.
    expect(taken(6 * WINDOW_MS)).toBe(WINDOW_MS);
    for (let more = 1; more <= 30; more++) taken(6 * WINDOW_MS + more);
    expect(taken(6 * WINDOW_MS + 31)).toBeNull();
  });
});
