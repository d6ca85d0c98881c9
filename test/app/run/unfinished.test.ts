import { linkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/app/run/open.ts';
import { hasOtherInput, requireNewestToResume, supersede, unfinishedLike } from '../../../src/app/run/unfinished.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { PUBLIC_BASE_URL } from '../../../src/core/settings/schema.ts';
import { loadManifest, runFiles } from '../../../src/io/run/directory.ts';
import { takeLock } from '../../../src/io/run/lock.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { ALIVE, AT, DEAD, inputOf, makeRun, numbersOf, runId } from '../../support/app/run-directories.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

const CONTEXT = contextOf();
const HOLDER = { pid: 1, host: 'host', since: AT, what: 'apply' };

async function newest(runsDir: string): Promise<number | null> {
  const run = await requireNewestToResume(runsDir, CONTEXT).catch((error: Error) => {
    if (error.message.endsWith('is interrupted or paused; see --runs-dir')) return null;
    throw error;
  });
  return run === null ? null : (numbersOf([run.dir])[0] as number);
}

describe('a run', () => {
  it.each<[string, Partial<Manifest>, boolean, boolean?]>([
    ['paused', {}, true],
    ['interrupted', { state: 'interrupted' }, true],
    ['paused, of a retry', { command: 'retry' }, true],
    ['running, and no process holds its lock', { state: 'running' }, true],
    ['running, and no process holds its lock, though its process id is taken', { state: 'running', pid: ALIVE }, true],
    ['running without a lock, and its process has ended', { state: 'running', locked: false }, true],
    [
      'running without a lock, its process on another host',
      { state: 'running', locked: false, pid: ALIVE, host: 'x' },
      true,
    ],
    ['running without a lock, and its process is there', { state: 'running', locked: false, pid: ALIVE }, false, true],
    ['finished', { state: 'finished', exit_code: 5 }, false],
    ['planned', { state: 'planned', started_at: null }, false],
    ['refused', { state: 'refused', started_at: null }, false],
    ['refused after its first request', { state: 'refused', exit_code: 7 }, false],
    ['superseded', { state: 'superseded' }, false],
    ['interrupted while it was asked', { state: 'interrupted', started_at: null }, false, true],
    ['interrupted while it was planning', { state: 'interrupted', plan: null, started_at: null }, false, true],
    ['dead while it was planning', { state: 'planning', plan: null, started_at: null }, false, true],
    ['an interrupted plan', { command: 'plan', state: 'interrupted' }, false],
  ])('that is %s', async (_, changes, unfinished, toResume = unfinished) => {
    const runsDir = tempDir();
    makeRun(runsDir, 1, changes);
    const found = await unfinishedLike(makeRun(runsDir, 2), CONTEXT);
    expect(numbersOf(found.map(({ dir }) => dir))).toEqual(unfinished ? [1] : []);
    rmSync(join(runsDir, runId(2)), { recursive: true });
    // `resume` means these runs too: the command explains why it cannot resume them.
    expect(await newest(runsDir)).toBe(toResume ? 1 : null);
  });

  it('that is running and holds its lock is at work, whatever its process id says', async () => {
    const runsDir = tempDir();
    const { dir } = makeRun(runsDir, 1, { state: 'running', pid: DEAD });
    const other = makeRun(runsDir, 2);
    const lock = await takeLock(runFiles(dir).lock, HOLDER);
    expect(await unfinishedLike(other, CONTEXT)).toEqual([]);
    lock?.release();
    expect(await unfinishedLike(other, CONTEXT)).toHaveLength(1);
  });
});

describe('an input is the same file', () => {
  it.each<[string, (path: string, other: string) => string, boolean]>([
    ['under its own path', (path) => path, true],
    [
      'through a link to it',
      (path, other) => {
        symlinkSync(path, other);
        return other;
      },
      true,
    ],
    [
      'by another name of it',
      (path, other) => {
        linkSync(path, other);
        return other;
      },
      true,
    ],
    [
      'through a link to its directory',
      (path, other) => {
        symlinkSync(dirname(path), other);
        return join(other, basename(path));
      },
      true,
    ],
    ['unless it is another one', () => tempFile('other'), false],
    ['unless it is gone', (_, other) => other, false],
  ])('%s', async (_, pathOf, same) => {
    const runsDir = tempDir();
    const path = tempFile('today', 'numbers.csv');
    makeRun(runsDir, 1, { input: inputOf(path, 'yesterday') });
    const run = makeRun(runsDir, 2, { input: inputOf(pathOf(path, `${path}.other`), 'today') });
    const found = await unfinishedLike(run, CONTEXT);
    expect(found).toHaveLength(same ? 1 : 0);
    for (const earlier of found) expect(hasOtherInput(run, earlier, CONTEXT)).toBe(true);
  });
});

describe('requireNewestToResume', () => {
  it('is the last by name of those that are unfinished', async () => {
    const runsDir = tempDir();
    for (const n of [3, 1, 2]) makeRun(runsDir, n);
    makeRun(runsDir, 4, { state: 'finished' });
    expect(await newest(runsDir)).toBe(3);
  });

  it('passes over what is no run of this version', async () => {
    const runsDir = tempDir();
    makeRun(runsDir, 1);
    writeFileSync(join(makeRun(runsDir, 2).dir, 'run.json'), '{"tool":"telnyx-reassign","version":"0.0.1"}');
    writeFileSync(join(makeRun(runsDir, 3).dir, 'run.json'), '{');
    rmSync(join(makeRun(runsDir, 4).dir, 'run.json'));
    symlinkSync('/nonexistent', join(runsDir, runId(5)));
    expect(await newest(runsDir)).toBe(1);
  });

  it('does not guess if the file system lets nothing be known of a run', async () => {
    const runsDir = tempDir();
    makeRun(runsDir, 1);
    symlinkSync(runId(2), join(runsDir, runId(2)));
    await expect(newest(runsDir)).rejects.toThrow(/Could not read the run .*: ELOOP .*\n.*Name the run/);
  });

  it('is an error without runs', async () => {
    expect(await newest(tempDir())).toBeNull();
    expect(await newest(join(tempDir(), 'gone'))).toBeNull();
    await expect(newest(tempFile('x'))).rejects.toThrow('ENOTDIR');
  });
});

describe('unfinishedLike', () => {
  const LOOPBACK = { base_url: 'http://127.0.0.1:4010/v2' };
  const same = inputOf('/data/numbers.csv', 'ab12');

  it.each<[string, Partial<Manifest>, Partial<Manifest>, boolean]>([
    ['the same path and the same bytes', { input: same }, { input: same }, true],
    ['the same path and other bytes', { input: same }, { input: inputOf(same.path, 'ff') }, true],
    ['another path and the same bytes', { input: same }, { input: inputOf('/data/copy.csv', 'ab12') }, true],
    ['the same bytes through a pipe', { input: inputOf(null, 'ab12') }, { input: same }, true],
    ['the same bytes through two pipes', { input: inputOf(null, 'ab12') }, { input: inputOf(null, 'ab12') }, true],
    ['other bytes through two pipes', { input: inputOf(null, 'ab12') }, { input: inputOf(null, 'ff') }, false],
    ['another path and other bytes', { input: same }, { input: inputOf('/data/copy.csv', 'ff') }, false],
    ['another base URL', {}, { settings: LOOPBACK }, false],
    ['the same base URL, not the public one', { settings: LOOPBACK }, { settings: LOOPBACK }, true],
    ['the public base URL, named and not', {}, { settings: { base_url: PUBLIC_BASE_URL } }, true],
    ['one of the sandbox', {}, { settings: { sandbox: 'true' } }, false],
    [
      'one of the sandbox, for a run of the sandbox',
      { settings: { sandbox: 'true' } },
      { settings: { sandbox: 'true' } },
      false,
    ],
    ['one of the account, for a run of the sandbox', { settings: { sandbox: 'true' } }, {}, false],
    ['another name', {}, { name: 'other' }, true],
    ['a finished one', {}, { state: 'finished' }, false],
  ])('of %s', async (_, mine, other, expected) => {
    const runsDir = tempDir();
    makeRun(runsDir, 1, other);
    const run = makeRun(runsDir, 2, { state: 'planning', started_at: null, ...mine });
    const found = await unfinishedLike(run, CONTEXT);
    expect(numbersOf(found.map(({ dir }) => dir))).toEqual(expected ? [1] : []);
  });

  it('has all of them, oldest first, and not the run itself', async () => {
    const runsDir = tempDir();
    for (const n of [2, 4, 1]) makeRun(runsDir, n);
    const run = makeRun(runsDir, 3);
    expect(numbersOf((await unfinishedLike(run, CONTEXT)).map(({ dir }) => dir))).toEqual([1, 2, 4]);
  });
});

describe('hasOtherInput', () => {
  const of = (sha256: string) => ({ input: inputOf('/data/numbers.csv', sha256) });
  const source = (dir: string) => ({ source: { run_id: 'x', dir, only: 'failed', undo: false } });

  it.each<[string, (runsDir: string) => Partial<Manifest>, boolean]>([
    ['the same bytes', () => of('ab'), false],
    ['other bytes', () => of('cd'), true],
    ['a retry of the same bytes', (dir) => ({ ...of('ff'), ...source(makeRun(dir, 5, of('ab')).dir) }), false],
    ['a retry of other bytes', (dir) => ({ ...of('ff'), ...source(makeRun(dir, 5, of('cd')).dir) }), true],
    [
      'a retry of a retry of the same bytes',
      (dir) => {
        const first = makeRun(dir, 5, of('ab'));
        return { ...of('ff'), ...source(makeRun(dir, 6, { ...of('ee'), ...source(first.dir) }).dir) };
      },
      false,
    ],
    ['a retry of a run that is gone', (dir) => ({ ...of('ff'), ...source(join(dir, 'gone')) }), true],
    ['a retry of itself', (dir) => ({ ...of('ff'), ...source(join(dir, runId(1))) }), true],
  ])('is false only if the rows are known to be the same: %s', (_, earlier, expected) => {
    const runsDir = tempDir();
    const old = makeRun(runsDir, 1, earlier(runsDir));
    expect(hasOtherInput(makeRun(runsDir, 2, of('ab')), old, CONTEXT)).toBe(expected);
  });
});

describe('supersede', () => {
  it('marks the runs as given up for another, and changes nothing else', () => {
    const runsDir = tempDir();
    const runs = [makeRun(runsDir, 1), makeRun(runsDir, 2, { state: 'running' })];
    const by: Run = makeRun(runsDir, 3);
    supersede(runs, by);
    for (const { dir, manifest } of runs) {
      expect(loadManifest(dir)).toEqual({ ...manifest, state: 'superseded', superseded_by: by.manifest.run_id });
    }
    expect(loadManifest(by.dir)).toEqual(by.manifest);
  });
});
