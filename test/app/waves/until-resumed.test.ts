import { expect, it } from 'vitest';
import { untilResumed } from '../../../src/app/waves/until-resumed.ts';
import { createSteering } from '../../../src/engine/steering.ts';
import { createStop } from '../../../src/engine/stop.ts';

const BY = { by: 'alice', at: '2026-11-23T02:00:00.000Z' };

function paused() {
  const steering = createSteering({ rate: 5, concurrency: null, max_failures: { value: 5, percent: true } });
  const stop = createStop();
  steering.pause(BY);
  let isOver = false;
  const waiting = untilResumed(steering, stop).then(() => {
    isOver = true;
  });
  return { steering, stop, waiting, isOver: () => isOver };
}

it('waits while the run is paused, whatever else changes', async () => {
  const { steering, waiting, isOver } = paused();
  steering.change({ rate: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver()).toBe(false);
  steering.pause(null);
  await waiting;
});

it('ends with a stop, and at once without a pause', async () => {
  const { stop, waiting, steering } = paused();
  stop.ask('drained', 'alice');
  await waiting;
  steering.pause(null);
  await untilResumed(steering, createStop());
});
