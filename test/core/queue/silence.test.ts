import { expect, it } from 'vitest';
import { silenceLeftMs } from '../../../src/core/queue/silence.ts';

it.each([
  ['one that sent nothing before is not waited for', 50, Number.POSITIVE_INFINITY, 0],
  ['the window of the rate must pass', 50, 0, 1260],
  ['what has passed of it counts', 50, 1000, 260],
  ['a request may still be on its way', 50, -4000, 5260],
  ['a slow rate has a long window', 0.1, 0, 10_350],
  ['auto counts as a second', 'auto', 0, 1260],
  ['without a rate there is no window', 'off', 0, 0],
  ['without a rate, requests on their way are waited for', 'off', -4000, 4000],
] as const)('%s', (_, rate, silentMs, leftMs) => {
  expect(silenceLeftMs(rate, silentMs)).toBe(leftMs);
});
