import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { killAtBoundaries } from './kills/boundaries.ts';
import { randomKills } from './kills/random-kills.ts';
import { killsOf } from './report.ts';
import { startServer } from './server/server.ts';
import { type Bench, endAll, makeBench } from './trial/session.ts';

// The short form of `npm run chaos`.

const note = () => undefined;
const made: string[] = [];

async function onBench<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  const { bench, cli } = makeBench();
  made.push(bench);
  const server = await startServer();
  try {
    return await work({ bench, cli, server });
  } finally {
    await server.close();
  }
}

afterAll(() => {
  endAll();
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

describe.concurrent('a run that is killed', { timeout: 180_000 }, () => {
  it('at random moments, is brought to the end of an unbroken one', async () => {
    const options = { kills: 8, rows: 150, rate: 200, seed: 7, note };
    const report = await onBench((bench) => randomKills(bench, options));
    expect(report.faults).toEqual([]);
    expect(killsOf(report)).toBe(8);
    expect(report.kills.reading).toBeGreaterThan(0);
  });

  it.each([
    ['with the account read before', true],
    ['offline', false],
  ])('at write boundaries %s, is brought to the end of an unbroken one', async (_how, online) => {
    const options = { rows: 8, seed: 3, step: 43, online, note };
    const report = await onBench((bench) => killAtBoundaries(bench, options));
    expect(report.faults).toEqual([]);
    expect(killsOf(report)).toBeGreaterThan(5);
  });
});
