import { describe, expect, it } from 'vitest';
import { createPause, extendPause, pausedUpTo } from '../../../src/engine/pacing/pause.ts';

describe('the pause of all requests', () => {
  it('counts overlapping pauses once, and attributes to 429s what they have added', () => {
    const pause = createPause();
    extendPause(pause, 1000, 4000, false);
    extendPause(pause, 2000, 6000, true);
    expect(pause).toMatchObject({ start: 1000, end: 6000 });
    expect(pausedUpTo(pause, 6000)).toEqual({ paused_ms: 5000, throttled_ms: 2000 });
    extendPause(pause, 10_000, 11_000, true);
    expect(pause.start).toBe(10_000);
    expect(pausedUpTo(pause, 20_000)).toEqual({ paused_ms: 6000, throttled_ms: 3000 });
  });

  it('says when it becomes longer', () => {
    const pause = createPause();
    const ends: number[] = [];
    pause.onLonger = () => ends.push(pause.end);
    extendPause(pause, 0, 1000, true);
    extendPause(pause, 10, 3000, false);
    expect(ends).toEqual([1000, 3000]);
  });

  it('counts only what has passed of a pause that is cut short', () => {
    const pause = createPause();
    extendPause(pause, 0, 600_000, true);
    expect(pausedUpTo(pause, 250)).toEqual({ paused_ms: 250, throttled_ms: 250 });
    expect(pausedUpTo(createPause(), 0)).toEqual({ paused_ms: 0, throttled_ms: 0 });
  });
});
