import { hostname } from 'node:os';
import { basename } from 'node:path';
import { signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Manifest, State } from '../../core/run/manifest.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { visible } from '../../core/text/visible.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles } from '../../io/run/directory.ts';
import { isLocked, type Lock, NoLocks, readHolder, takeLock } from '../../io/run/lock.ts';
import type { Context } from '../context.ts';
import { CommandError, fileError } from '../errors.ts';
import { printProgress } from '../output.ts';
import { type EndSignal, onEndSignals } from '../signals.ts';
import { isDamage } from './damage.ts';

/** Who takes a lock; `what` is what it does under it, for others that meet the lock. */
export type Locking = {
  settings: Pick<Settings, 'no_lock' | 'wait_for_lock' | 'state_dir' | 'base_url' | 'quiet' | 'json'>;
  context: Context;
  what: string;
};

const RETRY_INTERVAL_MS = 200;
/** Checking a lock acquires it briefly, so a lock is tried twice before it counts as held. */
const SECOND_TRY_MS = 50;
/** The holder has just taken the lock and may not have written its name yet. */
const MAX_HOLDER_READS = 20;

async function holderText(path: string): Promise<string> {
  for (let reads = 0; reads < MAX_HOLDER_READS; reads++) {
    const holder = readHolder(path);
    if (holder !== null) return `process ${holder.pid} on ${holder.host}, since ${holder.since} (${holder.what})`;
    await realClock.sleep(SECOND_TRY_MS).done;
  }
  return 'another process';
}

async function tryLock(path: string, what: string): Promise<Lock | null> {
  try {
    return await takeLock(path, { pid: process.pid, host: hostname(), since: new Date().toISOString(), what });
  } catch (error) {
    if (error instanceof NoLocks) {
      const message = `No lock can be taken: ${error.message}. With --no-lock nothing keeps two runs apart.`;
      throw new CommandError(EXIT.preflight, 'no_locks', message);
    }
    if (isDamage(error)) throw error;
    throw fileError(`write the lock ${path}`, error);
  }
}

/** Releases a lock when the command ends, unless it is released before. */
function releasedAtEnd(lock: Lock, context: Context): Lock {
  let isHeld = true;
  const release = () => {
    if (isHeld) lock.release();
    isHeld = false;
  };
  context.atEnd(release);
  return { release };
}

/** Waits for a lock as long as --wait-for-lock says. Throws CommandError: exit 9, or the exit code of a signal. */
export async function waitForLock(path: string, whose: string, locking: Locking): Promise<Lock> {
  const { settings, context, what } = locking;
  const startedAt = realClock.now();
  const patienceMs = Math.max(SECOND_TRY_MS, settings.wait_for_lock);
  const intervalMs = settings.wait_for_lock > 0 ? RETRY_INTERVAL_MS : SECOND_TRY_MS;
  let signal: EndSignal | null = null;
  let sleep = realClock.sleep(0);
  const removeHandlers = onEndSignals(context, (received) => {
    signal = received;
    sleep.cancel();
  });
  try {
    for (let isAnnounced = false; ; isAnnounced = true) {
      const lock = await tryLock(path, what);
      if (lock !== null) return releasedAtEnd(lock, context);
      if (signal !== null) {
        const message = `Stopped by ${signal} while waiting for a lock; nothing was sent.`;
        throw new CommandError(signalExit(signal), 'signal', message);
      }
      const remainingMs = patienceMs - (realClock.now() - startedAt);
      if (remainingMs <= 0) {
        const message = `${whose} is locked by ${await holderText(path)}. Try again later, or wait for it: --wait-for-lock 10m`;
        throw new CommandError(EXIT.locked, 'locked', message);
      }
      if (!isAnnounced && settings.wait_for_lock > 0) {
        printProgress(locking, `${whose} is locked by ${await holderText(path)}: waiting\n`);
      }
      sleep = realClock.sleep(Math.min(remainingMs, intervalMs));
      await sleep.done;
    }
  } finally {
    removeHandlers();
  }
}

/** Takes the lock of a run directory until it is released. Returns null with --no-lock. Throws like `waitForLock`. */
export async function lockRun(dir: string, locking: Locking): Promise<Lock | null> {
  if (locking.settings.no_lock) return null;
  return waitForLock(runFiles(dir).lock, `Run ${visible(basename(dir))}`, locking);
}

/** Takes the lock of a new run directory, so that others see that it is at work. Returns whether it is locked. */
export async function lockNewRun(dir: string, { settings, context, what }: Locking): Promise<boolean> {
  if (settings.no_lock) return false;
  try {
    const lock = await tryLock(runFiles(dir).lock, what);
    if (lock !== null) releasedAtEnd(lock, context);
    return lock !== null;
  } catch {
    // A plan can do without a lock. A command that writes has taken that of the account.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether workers have a run, or another process works on it: by its lock, or by its process id if the run has no lock.
 */
export async function isAtWork(dir: string, manifest: Manifest): Promise<boolean> {
  if (manifest.queue !== null) return true;
  const isOtherAlive = () => manifest.host === hostname() && manifest.pid !== process.pid && isAlive(manifest.pid);
  if (!manifest.locked) return isOtherAlive();
  return isLocked(runFiles(dir).lock).catch(isOtherAlive);
}

/**
 * The state of a run as it is shown and treated: a run that should be at work and is not was interrupted. `isOurs`:
 * this command holds its lock, so no other process works on it.
 */
export async function stateOf(dir: string, manifest: Manifest, isOurs = false): Promise<State> {
  const { state, queue } = manifest;
  // What it says of its state is from when it was handed over, or from the last time that it was followed.
  if (queue !== null) return 'running';
  if (state !== 'running' && state !== 'planning') return state;
  return !isOurs && (await isAtWork(dir, manifest)) ? state : 'interrupted';
}
