import { afterAll, expect, it } from 'vitest';
import { killAll } from '../trial/program.ts';
import { killParties } from './parties.ts';
import { queueChaos } from './queue-chaos.ts';
import { sumOf } from './report.ts';

// A short form of `npm run chaos -- --queue`.

afterAll(() => {
  killAll();
  killParties();
});

it('ends every row of a run once, whichever host is killed or stopped', async () => {
  const options = { kills: 3, stops: 1, rows: 60, rate: 50, lanes: 2, seed: 11, disturbances: 5 };
  const report = await queueChaos({ ...options, onProgress: () => undefined });
  expect(report.violations).toEqual([]);
  expect(sumOf(report.kills)).toBeGreaterThanOrEqual(3);
}, 180_000);
