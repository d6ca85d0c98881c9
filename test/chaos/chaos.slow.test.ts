import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { killAtBoundaries } from './kills/boundaries.ts';
import { randomKills } from './kills/random-kills.ts';
import { killsOf } from './report.ts';
import { startServer } from './server/server.ts';
import { killAll } from './trial/program.ts';
import { makeTestBed, type TestBed } from './trial/trial.ts';

// A short form of `npm run chaos`.

const onProgress = () => undefined;
const testBedDirs: string[] = [];

async function withTestBed<T>(work: (testBed: TestBed) => Promise<T>): Promise<T> {
  const { dir, cli } = makeTestBed();
  testBedDirs.push(dir);
  const server = await startServer();
  try {
    return await work({ dir, cli, server });
  } finally {
    await server.close();
  }
}

afterAll(() => {
  killAll();
  for (const dir of testBedDirs) rmSync(dir, { recursive: true, force: true });
});

describe.concurrent('a killed run ends like an uninterrupted one', { timeout: 180_000 }, () => {
  it('after kills at random moments', async () => {
    const options = { kills: 8, rows: 150, rate: 200, seed: 7, onProgress };
    const report = await withTestBed((testBed) => randomKills(testBed, options));
    expect(report.violations).toEqual([]);
    expect(killsOf(report)).toBe(8);
    expect(report.kills.reading).toBeGreaterThan(0);
  });

  it.each([
    ['online', true],
    ['offline', false],
  ])('after kills at write boundaries, %s', async (_mode, online) => {
    const options = { rows: 8, seed: 3, step: 43, online, onProgress };
    const report = await withTestBed((testBed) => killAtBoundaries(testBed, options));
    expect(report.violations).toEqual([]);
    expect(killsOf(report)).toBeGreaterThan(5);
  });
});
