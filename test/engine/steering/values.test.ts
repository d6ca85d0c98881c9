import { describe, expect, it } from 'vitest';
import { createSteering } from '../../../src/engine/steering.ts';

const BY = { by: 'alice', at: '2026-11-23T02:00:00.000Z' };
const LIMITS = { rate: 50, concurrency: null, max_failures: { value: 5, percent: true } } as const;

describe('steering', () => {
  it('has the values that were last set, and says so', () => {
    const steering = createSteering(LIMITS, [['p1', BY]]);
    let changes = 0;
    const remove = steering.onChange(() => {
      changes += 1;
    });
    expect([steering.rate(), steering.concurrency(), steering.isHeld('p1'), steering.isPaused()]).toEqual([
      50,
      100,
      true,
      false,
    ]);
    steering.change({ rate: 10 });
    expect([steering.rate(), steering.concurrency(), steering.concurrencySetting()]).toEqual([10, 20, null]);
    steering.change({ concurrency: 3, max_failures: { value: 1, percent: false } });
    expect([steering.concurrency(), steering.maxFailures().value]).toEqual([3, 1]);
    steering.pause(BY);
    expect(steering.paused()).toEqual(BY);
    steering.pause(null);
    steering.release('p1');
    steering.hold('p2', BY);
    expect([...steering.held().keys()]).toEqual(['p2']);
    remove();
    steering.pause(BY);
    expect(changes).toBe(6);
  });
});
