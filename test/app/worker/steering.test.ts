import { expect, it } from 'vitest';
import { steer } from '../../../src/app/worker/steering.ts';
import type { QueueCommand } from '../../../src/core/queue/protocol.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';

const STOP: QueueCommand = { type: 'stop', reason: 'signal', detail: 'SIGTERM', at: '' };

it('commands are obeyed from the first one on, once, and unknown ones are ignored', async () => {
  const clock = virtualClock();
  const stop = createStop();
  const commands: (QueueCommand | null)[] = [null];
  const events: string[] = [];
  const froms: number[] = [];
  let isAway = false;
  const steering = steer({
    async read(from) {
      froms.push(from);
      if (isAway) throw new Error('away');
      return commands.slice(from);
    },
    clock,
    stop,
    abort: () => events.push('abort'),
    obey: async ({ words, by }) => {
      events.push(`${by}: ${words.join(' ')}`);
    },
    logger: { log: (level, _event, text) => events.push(`${level} ${text}`) },
  });
  await steering.begin();
  expect(events).toEqual(['warn a command was ignored, because this version does not know it']);
  commands.push(STOP);
  await clock.until(clock.sleep(600).done);
  expect(stop.asked()).toEqual({ reason: 'signal', detail: 'SIGTERM' });
  isAway = true;
  await clock.until(clock.sleep(1000).done);
  isAway = false;
  commands.push({ type: 'abort', at: '' }, { type: 'steer', words: ['rate', '5'], by: 'alice', at: '', id: 'c1' });
  await clock.until(clock.sleep(600).done);
  expect(events.slice(1)).toEqual([
    'info asked to stop: SIGTERM',
    'info asked to abort the requests in flight',
    'abort',
    'alice: rate 5',
  ]);
  steering.end();
  commands.push(STOP);
  await clock.until(clock.sleep(2000).done);
  expect(events).toHaveLength(5);
  expect(froms[0]).toBe(0);
  expect(froms.at(-1)).toBe(2);
});
