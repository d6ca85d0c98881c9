import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Run } from '../../../src/app/run/open.ts';
import { prune } from '../../../src/app/run/prune.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { takeLock } from '../../../src/io/run/lock.ts';
import { ALIVE, AT, makeRun, numbersOf, writeCounts } from '../../support/app/run-directories.ts';
import { tempDir } from '../../support/temp.ts';

/** Runs that cannot be removed. */
const stuck = vi.hoisted(() => new Set<string>());
vi.mock('../../../src/io/run/directory.ts', async (original) => {
  const real = await original<typeof import('../../../src/io/run/directory.ts')>();
  const removeRun = (dir: string) => {
    if (stuck.has(dir)) throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    real.removeRun(dir);
  };
  return { ...real, removeRun };
});
beforeEach(() => stuck.clear());

/** A run that has ended well. */
function ended(runsDir: string, n: number, changes: Partial<Manifest> = {}, counts: Record<string, number> = {}): Run {
  const run = makeRun(runsDir, n, { state: 'finished', exit_code: 0, ...changes });
  writeCounts(run, counts);
  return run;
}

/** The numbers of the runs that are left. */
const left = (runsDir: string) => numbersOf(readdirSync(runsDir)).sort((a, b) => a - b);

describe('prune', () => {
  it.each([
    [1, [5]],
    [2, [4, 5]],
    [4, [2, 3, 4, 5]],
    [5, [1, 2, 3, 4, 5]],
    [100, [1, 2, 3, 4, 5]],
  ])('keeps the newest %i', async (keep, expected) => {
    const runsDir = tempDir();
    for (const n of [3, 1, 5, 2, 4]) ended(runsDir, n);
    await prune(runsDir, 'cutover', keep);
    expect(left(runsDir)).toEqual(expected);
  });

  it.each<[string, Partial<Manifest>, Record<string, number>, boolean]>([
    ['finished', {}, {}, true],
    ['planned', { state: 'planned', started_at: null, command: 'plan' }, { updated: 0, planned: 3 }, true],
    ['superseded', { state: 'superseded' }, { unprocessed: 2 }, true],
    ['finished with rejected rows', {}, { rejected: 1 }, true],
    ['finished with held rows', {}, { held: 1 }, true],
    ['finished with a failed row', {}, { failed: 1 }, false],
    ['finished with an unverified row', {}, { unverified: 1 }, false],
    ['superseded with a failed row', { state: 'superseded' }, { failed: 1 }, false],
    ['superseded with an unverified row', { state: 'superseded' }, { unverified: 1 }, false],
    ['paused', { state: 'paused' }, {}, false],
    ['interrupted', { state: 'interrupted' }, {}, false],
    ['running, and dead', { state: 'running' }, {}, false],
    ['planning, and dead', { state: 'planning' }, {}, false],
    ['refused', { state: 'refused', started_at: null }, { updated: 0, rejected: 1 }, true],
    ['refused after it had sent something', { state: 'refused' }, {}, false],
    ['of another name', { name: 'cutover-2' }, {}, false],
    ['without a lock, at work again', { locked: false, pid: ALIVE }, {}, false],
  ])('a run that is %s', async (_, changes, counts, removed) => {
    const runsDir = tempDir();
    ended(runsDir, 1, changes, counts);
    ended(runsDir, 2);
    await prune(runsDir, 'cutover', 1);
    expect(left(runsDir)).toEqual(removed ? [2] : [1, 2]);
  });

  it('removes refused runs before those that can be undone', async () => {
    const runsDir = tempDir();
    ended(runsDir, 1);
    for (const n of [2, 3, 4]) ended(runsDir, n, { state: 'refused', started_at: null }, { updated: 0 });
    ended(runsDir, 5);
    await prune(runsDir, 'cutover', 3);
    expect(left(runsDir)).toEqual([1, 4, 5]);
    await prune(runsDir, 'cutover', 2);
    expect(left(runsDir)).toEqual([1, 5]);
    await prune(runsDir, 'cutover', 1);
    expect(left(runsDir)).toEqual([5]);
  });

  it.each([
    ['no summary', null],
    ['half a summary', '{"counts":{"failed":0,'],
    ['a summary without counts', '{}'],
    ['a summary without all counts', '{"counts":{"failed":0}}'],
    ['a summary that is none', 'null'],
  ])('leaves a run alone of which it does not know: %s', async (_, summary) => {
    const runsDir = tempDir();
    const { dir } = makeRun(runsDir, 1, { state: 'finished' });
    if (summary !== null) writeFileSync(runFiles(dir).summary, summary);
    ended(runsDir, 2);
    await prune(runsDir, 'cutover', 1);
    expect(left(runsDir)).toEqual([1, 2]);
  });

  // A retry or an apply holds the lock of a run that was planned or finished without one.
  it.each([true, false])('leaves a locked run alone (locked in run.json: %s)', async (locked) => {
    const runsDir = tempDir();
    const { dir } = ended(runsDir, 1, { locked });
    const lock = await takeLock(runFiles(dir).lock, { pid: 1, host: 'host', since: AT, what: 'retry' });
    ended(runsDir, 2);
    await prune(runsDir, 'cutover', 1);
    expect(left(runsDir)).toEqual([1, 2]);
    lock?.release();
    await prune(runsDir, 'cutover', 1);
    expect(left(runsDir)).toEqual([2]);
  });

  it('leaves links alone, and what they lead to', async () => {
    const runsDir = tempDir();
    const elsewhere = tempDir();
    const { dir } = ended(runsDir, 1);
    const target = join(elsewhere, 'run');
    renameSync(dir, target);
    symlinkSync(target, dir);
    ended(runsDir, 2);
    await prune(runsDir, 'cutover', 1);
    expect(left(runsDir)).toEqual([1, 2]);
    expect(readdirSync(target).sort()).toEqual(['run.json', 'summary.json']);
  });

  it('removes only the run if a link leads out of it', async () => {
    const runsDir = tempDir();
    const elsewhere = tempDir();
    writeFileSync(join(elsewhere, 'kept'), '');
    symlinkSync(elsewhere, join(ended(runsDir, 1).dir, 'link'));
    ended(runsDir, 2);
    await prune(runsDir, 'cutover', 1);
    expect([left(runsDir), readdirSync(elsewhere)]).toEqual([[2], ['kept']]);
  });

  it('leaves alone what is no run, and counts it not', async () => {
    const runsDir = tempDir();
    for (const n of [1, 2, 3]) ended(runsDir, n);
    writeFileSync(join(ended(runsDir, 4).dir, 'run.json'), '{');
    mkdirSync(join(runsDir, '20261105-notes'));
    await prune(runsDir, 'cutover', 2);
    expect(left(runsDir)).toEqual([2, 3, 4, 5]);
  });

  it('does nothing without runs', async () => {
    await prune(join(tempDir(), 'gone'), 'cutover', 1);
    await prune(tempDir(), 'cutover', 1);
  });

  it('that cannot remove one is no failure of the run that has ended, and removes the others', async () => {
    const runsDir = tempDir();
    const dirs = [1, 2, 3].map((n) => ended(runsDir, n).dir);
    stuck.add(dirs[0] as string);
    await expect(prune(runsDir, 'cutover', 1)).resolves.toBeUndefined();
    expect(dirs.map((dir) => existsSync(dir))).toEqual([true, false, true]);
  });
});
