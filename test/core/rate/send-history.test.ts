import { describe, expect, it } from 'vitest';
import { createSendHistory } from '../../../src/core/rate/send-history.ts';

describe('the history of sending', () => {
  it('returns the number of requests until a time, and the time of each', () => {
    const history = createSendHistory();
    expect([history.until(5), history.timeOf(0)]).toEqual([0, Number.POSITIVE_INFINITY]);
    for (const at of [10, 20, 20, 30]) history.add(at);
    expect([9, 10, 19, 20, 29, 30, 99].map(history.until)).toEqual([0, 1, 1, 3, 3, 4, 4]);
    expect([0, 1, 2, 3, 4].map(history.timeOf)).toEqual([10, 20, 20, 30, Number.POSITIVE_INFINITY]);
  });

  it('grows up to a bound, and counts older requests as never sent', () => {
    const history = createSendHistory();
    const most = 65_536;
    for (let n = 0; n < 300; n++) history.add(n);
    expect([history.until(299), history.timeOf(0), history.timeOf(299)]).toEqual([300, 0, 299]);
    for (let n = 300; n < most + 100; n++) history.add(n);
    expect(history.until(most + 99)).toBe(most + 100);
    expect(history.until(50)).toBe(100);
    // The oldest that is known stands for all before it.
    expect([history.timeOf(0), history.timeOf(99), history.timeOf(100), history.timeOf(101)]).toEqual([
      100, 100, 100, 101,
    ]);
  });
});
