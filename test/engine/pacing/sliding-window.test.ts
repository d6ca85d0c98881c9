import { describe, expect, it } from 'vitest';
import { createWindowCount } from '../../../src/engine/pacing/sliding-window.ts';

describe('a count in a sliding window', () => {
  it('forgets events that are as old as the window', () => {
    const count = createWindowCount(1000);
    count.add(0);
    count.add(500);
    expect(count.size(999)).toBe(2);
    expect(count.size(1000)).toBe(1);
    expect(count.oldest()).toBe(500);
    expect(count.size(1500)).toBe(0);
    expect(count.oldest()).toBe(Number.POSITIVE_INFINITY);
  });

  it('remembers the largest count of any window', () => {
    const count = createWindowCount(100);
    for (const at of [0, 10, 20, 150, 160]) count.add(at);
    expect(count.most()).toBe(3);
  });

  it('corrects the time of an event that is still in the window', () => {
    const count = createWindowCount(100);
    const first = count.add(0);
    count.add(10);
    count.correct(first, 50);
    expect(count.oldest()).toBe(50);
    expect(count.size(149)).toBe(2);
    expect(count.size(150)).toBe(0);
    for (let at = 200; at < 264; at++) count.add(at);
    count.correct(first, 1000);
    expect(count.size(270)).toBe(64);
    expect(count.size(363)).toBe(0);
  });

  it('keeps many events in order while its memory grows', () => {
    const count = createWindowCount(1000);
    for (let at = 0; at < 5000; at++) count.add(at / 4);
    expect(count.size(1249.75)).toBe(4000);
    expect(count.oldest()).toBe(250);
    expect(count.most()).toBe(4000);
  });

  it('counts correctly after many events have left', () => {
    const count = createWindowCount(10);
    for (let at = 0; at < 10_000; at++) count.add(at);
    expect(count.size(9_999)).toBe(10);
    expect(count.most()).toBe(10);
  });
});
