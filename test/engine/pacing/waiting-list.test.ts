import { describe, expect, it } from 'vitest';
import { createWaitingList } from '../../../src/engine/pacing/waiting-list.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';

describe('a waiting list', () => {
  it('ends each wait at its time', async () => {
    const clock = virtualClock();
    await clock.until(createWaitingList(clock).wait(40));
    expect(clock.now()).toBe(40);
  });

  it('ends all waits at once when it is woken, and leaves no timer behind', async () => {
    const clock = virtualClock();
    const list = createWaitingList(clock);
    clock.at(10, list.wake);
    await clock.until(Promise.all([list.wait(5000), list.wait(Number.POSITIVE_INFINITY)]));
    expect(clock.now()).toBe(10);
    expect(clock.pending()).toBe(0);
  });
});
