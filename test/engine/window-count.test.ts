import { describe, expect, it } from 'vitest';
import { createWindowCount } from '../../src/engine/window-count.ts';

describe('a count in a sliding window', () => {
  it('forgets what is as old as the window', () => {
    const count = createWindowCount(1000);
    count.add(0);
    count.add(500);
    expect(count.size(999)).toBe(2);
    expect(count.size(1000)).toBe(1);
    expect(count.oldest()).toBe(500);
    expect(count.size(1500)).toBe(0);
    expect(count.oldest()).toBe(Number.POSITIVE_INFINITY);
  });

  it('remembers the most that any window has held', () => {
    const count = createWindowCount(100);
    for (const at of [0, 10, 20, 150, 160]) count.add(at);
    expect(count.most()).toBe(3);
  });

  it('counts right after its memory has been cut', () => {
    const count = createWindowCount(10);
    for (let at = 0; at < 10_000; at++) count.add(at);
    expect(count.size(9_999)).toBe(10);
    expect(count.most()).toBe(10);
  });
});
