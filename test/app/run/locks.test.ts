import { readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import type { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../../src/app/context.ts';
import { CommandError, UsageError } from '../../../src/app/errors.ts';
import { isAtWork, lockNewRun, lockRun, stateOf } from '../../../src/app/run/locks.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { PUBLIC_BASE_URL } from '../../../src/core/settings/schema.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { isLocked, type Lock, readHolder, takeLock } from '../../../src/io/run/lock.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { ALIVE, AT, DEAD, makeRun } from '../../support/app/run-directories.ts';
import { tempDir } from '../../support/temp.ts';

/** What the lock module throws instead of locking, when it is set. */
const broken = vi.hoisted(() => ({ code: null as string | null }));
vi.mock('fs-native-extensions', async (original) => {
  const { tryLock } = await original<typeof import('fs-native-extensions')>();
  const mocked: typeof tryLock = (...args) => {
    if (broken.code !== null) throw Object.assign(new Error('refused'), { code: broken.code });
    return tryLock(...args);
  };
  return { tryLock: mocked };
});
beforeEach(() => {
  broken.code = null;
});

const HOLDER = { pid: 4711, host: 'elsewhere', since: AT, what: 'apply numbers.csv' };
const NO_LOCKS = /^No lock can be taken: the file system has no locks \(ENOLCK\)\. With --no-lock /;

type LockSettings = Parameters<typeof lockRun>[1]['settings'];
const settingsOf = (changes: Partial<LockSettings> = {}): LockSettings => ({
  no_lock: false,
  wait_for_lock: 0,
  state_dir: tempDir(),
  base_url: PUBLIC_BASE_URL,
  quiet: false,
  json: false,
  ...changes,
});

/** What ended a command. */
async function refused(asked: Promise<unknown>): Promise<CommandError> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CommandError) return error;
  throw error ?? new Error('it was not refused');
}

const printed = (context: Context) => String((context.stderr as unknown as PassThrough).read() ?? '');
const held = async (dir: string) => (await takeLock(runFiles(dir).lock, HOLDER)) as Lock;

describe('lockRun', () => {
  it('takes the lock, names its holder, and releases it', async () => {
    const dir = tempDir();
    const lock = await lockRun(dir, { settings: settingsOf(), context: contextOf(), what: 'resume x' });
    expect(readHolder(runFiles(dir).lock)).toMatchObject({ pid: process.pid, host: hostname(), what: 'resume x' });
    lock?.release();
    expect(await isLocked(runFiles(dir).lock)).toBe(false);
  });

  it('takes none with --no-lock, even if another process holds it', async () => {
    const dir = tempDir();
    await held(dir);
    expect(
      await lockRun(dir, { settings: settingsOf({ no_lock: true }), context: contextOf(), what: 'resume x' }),
    ).toBeNull();
  });

  it('is refused with exit 9, and the message names the holder', async () => {
    const { dir, manifest } = makeRun(tempDir(), 1);
    await held(dir);
    const context = contextOf();
    const { exit, code, message } = await refused(lockRun(dir, { settings: settingsOf(), context, what: 'resume x' }));
    expect([exit, code]).toEqual([9, 'locked']);
    expect(message).toBe(
      `Run ${manifest.run_id} is locked by process 4711 on elsewhere, since ${AT} (apply numbers.csv). Try again later, or wait for it: --wait-for-lock 10m`,
    );
    expect(printed(context)).toBe('');
  });

  it('is taken after a process that only checked it has released it', async () => {
    const dir = tempDir();
    const lock = await held(dir);
    setTimeout(() => lock.release(), 5);
    expect(await lockRun(dir, { settings: settingsOf(), context: contextOf(), what: 'resume x' })).not.toBeNull();
  });

  it('waits as long as the setting says, says so once, and then takes it or is refused', async () => {
    const dir = tempDir();
    const lock = await held(dir);
    const context = contextOf();
    const waiting = { wait_for_lock: 70 };
    expect((await refused(lockRun(dir, { settings: settingsOf(waiting), context, what: 'x' }))).exit).toBe(9);
    expect(printed(context)).toMatch(/^Run .* is locked by process 4711 on elsewhere, since .*: waiting\n$/);
    setTimeout(() => lock.release(), 5);
    expect(await lockRun(dir, { settings: settingsOf(waiting), context, what: 'x' })).not.toBeNull();
  });

  it.each(['quiet', 'json'])('waits without a word with --%s', async (name) => {
    const dir = tempDir();
    await held(dir);
    const context = contextOf();
    await refused(lockRun(dir, { settings: settingsOf({ wait_for_lock: 10, [name]: true }), context, what: 'x' }));
    expect(printed(context)).toBe('');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends its waiting on %s', async (signal, expected) => {
    const dir = tempDir();
    await held(dir);
    const context = contextOf();
    setTimeout(() => context.signals.emit(signal, signal), 5);
    const { exit, message } = await refused(
      lockRun(dir, { settings: settingsOf({ wait_for_lock: 60_000 }), context, what: 'x' }),
    );
    expect(exit).toBe(expected);
    expect(message).toBe(`Stopped by ${signal} while waiting for a lock; nothing was sent.`);
    expect(context.signals.listenerCount(signal)).toBe(0);
  });

  it('is refused with exit 7 if there are no locks, and with exit 2 if its file cannot be written', async () => {
    broken.code = 'ENOLCK';
    const { exit, code, message } = await refused(
      lockRun(tempDir(), { settings: settingsOf(), context: contextOf(), what: 'x' }),
    );
    expect([exit, code]).toEqual([7, 'no_locks']);
    expect(message).toMatch(NO_LOCKS);
    const unwritable = await refused(
      lockRun('/nonexistent', { settings: settingsOf(), context: contextOf(), what: 'x' }),
    );
    expect(unwritable).toBeInstanceOf(UsageError);
    expect(unwritable.message).toMatch(/^Could not write the lock \/nonexistent\/lock: ENOENT \(/);
  });
});

describe('lockNewRun', () => {
  it('takes the lock, and returns whether it is locked', async () => {
    const dir = tempDir();
    expect(
      await lockNewRun(dir, { settings: settingsOf({ no_lock: true }), context: contextOf(), what: 'plan x' }),
    ).toBe(false);
    expect(readdirSync(dir)).toEqual([]);
    expect(
      await lockNewRun(dir, { settings: settingsOf({ no_lock: false }), context: contextOf(), what: 'plan x' }),
    ).toBe(true);
    expect(await isLocked(runFiles(dir).lock)).toBe(true);
    expect(readHolder(runFiles(dir).lock)?.what).toBe('plan x');
  });

  it('continues without locks, because a plan needs none', async () => {
    broken.code = 'ENOLCK';
    expect(
      await lockNewRun(tempDir(), { settings: settingsOf({ no_lock: false }), context: contextOf(), what: 'plan x' }),
    ).toBe(false);
  });
});

describe('a run', () => {
  const here = hostname();
  it.each<[string, Partial<Manifest>, boolean]>([
    ['has a lock that no process holds', { locked: true, pid: ALIVE, host: here }, false],
    ['has no lock, and its process is there', { locked: false, pid: ALIVE, host: here }, true],
    ['has no lock, and its process has ended', { locked: false, pid: DEAD, host: here }, false],
    ['has no lock, and its process is on another host', { locked: false, pid: ALIVE, host: 'elsewhere' }, false],
    ['has no lock, and its process is this one', { locked: false, pid: process.pid, host: here }, false],
  ])('%s', async (_, changes, atWork) => {
    const { dir, manifest } = makeRun(tempDir(), 1, { state: 'running', ...changes });
    expect(await isAtWork(dir, manifest)).toBe(atWork);
    expect(await stateOf(dir, manifest)).toBe(atWork ? 'running' : 'interrupted');
    expect(await stateOf(dir, { ...manifest, state: 'planning' })).toBe(atWork ? 'planning' : 'interrupted');
  });

  it('is at work while its lock is held, whatever its process id says', async () => {
    const { dir, manifest } = makeRun(tempDir(), 1, { state: 'running', pid: DEAD });
    const lock = await held(dir);
    expect(await stateOf(dir, manifest)).toBe('running');
    lock.release();
    expect(await stateOf(dir, manifest)).toBe('interrupted');
    rmSync(runFiles(dir).lock);
    expect(await stateOf(dir, manifest)).toBe('interrupted');
  });

  it('is identified by its process if its lock cannot be checked', async () => {
    const { dir, manifest } = makeRun(tempDir(), 1, { state: 'running', pid: ALIVE });
    await held(dir);
    broken.code = 'ENOLCK';
    expect(await stateOf(dir, manifest)).toBe('running');
    expect(await stateOf(dir, { ...manifest, pid: DEAD })).toBe('interrupted');
  });

  it.each(['planned', 'interrupted', 'paused', 'finished', 'refused', 'superseded'] as const)(
    'that is %s is so, whether or not its lock is held',
    async (state) => {
      const { dir, manifest } = makeRun(tempDir(), 1, { state });
      await held(dir);
      expect(await stateOf(dir, manifest)).toBe(state);
    },
  );
});
