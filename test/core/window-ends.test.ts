import { describe, expect, it } from 'vitest';
import { createWindowEnds } from '../../src/core/window-ends.ts';

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
    const isEnd = ends.heard(at, { limit: LIMIT, used, sent, ageMs: into * (used / ours) });
    if (isEnd) sure += 1;
  }
  return { ends, sure };
}

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
    expect(ends.heard(3 * WINDOW_MS, { limit: LIMIT, used: 1, sent: 31, ageMs: 0 })).toBe(false);
    expect(ends.ms(3 * WINDOW_MS)).toBe(WINDOW_MS / 2 - 1000);
  });

  it('are not seen where few places were taken, or not all came back', () => {
    const ends = createWindowEnds();
    expect(ends.heard(0, { limit: LIMIT, used: 4, sent: 4, ageMs: 50_000 })).toBe(false);
    expect(ends.heard(1000, { limit: LIMIT, used: 1, sent: 5, ageMs: 0 })).toBe(false);
    expect(ends.heard(2000, { limit: LIMIT, used: 40, sent: 50, ageMs: 50_000 })).toBe(false);
    expect(ends.heard(3000, { limit: LIMIT, used: 10, sent: 51, ageMs: 9000 })).toBe(false);
    expect(ends.ms(3000)).toBeNull();
  });

  it('are over when none has come for two windows in which it would have been seen, and not before', () => {
    const { ends } = hear(2.01, 1000);
    let sent = 121;
    const taken = (at: number) => {
      sent += 1;
      ends.heard(at, { limit: LIMIT, used: 60, sent, ageMs: 1000 });
      return ends.ms(at);
    };
    // Too few answers to tell.
    expect(taken(6 * WINDOW_MS)).toBe(WINDOW_MS);
    for (let more = 1; more <= 30; more++) taken(6 * WINDOW_MS + more);
    expect(taken(6 * WINDOW_MS + 31)).toBeNull();
  });
});
