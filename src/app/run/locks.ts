import { hostname } from 'node:os';
import { basename } from 'node:path';
import { signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Manifest, State } from '../../core/run/manifest.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles } from '../../io/run/directory.ts';
import { type Holder, isLocked, type Lock, NoLocks, readHolder, takeLock } from '../../io/run/lock.ts';
import type { Context } from '../context.ts';
import { CommandError, UsageError } from '../errors.ts';
import { print } from '../output.ts';
import { onEndSignals } from '../signals.ts';
import { isAlive } from './is-alive.ts';
import { accountLockPath } from './state-directory.ts';

type LockSettings = Pick<Settings, 'no_lock' | 'wait_for_lock' | 'state_dir' | 'base_url' | 'quiet' | 'json'>;

/** How often a lock that somebody else holds is tried again. */
const LOOK_EVERY_MS = 200;
/** Somebody who only asks whether a lock is held has it for a moment: a second look tells the two apart. */
const SECOND_LOOK_MS = 50;
const NAME_LOOKS = 20;

/** Who holds a lock. Whoever has just taken it may not have written its name yet, and gets a moment for that. */
async function holderText(path: string): Promise<string> {
  let holder = readHolder(path);
  for (let looks = 0; holder === null && looks < NAME_LOOKS; looks++) {
    await realClock.sleep(SECOND_LOOK_MS).done;
    holder = readHolder(path);
  }
  if (holder === null) return 'another process';
  return `process ${holder.pid} on ${holder.host}, since ${holder.since} (${holder.what})`;
}

/** This process as the holder of a lock; `what` is what it does under it. */
function thisProcess(what: string): Holder {
  return { pid: process.pid, host: hostname(), since: new Date().toISOString(), what };
}

async function tryToTake(path: string, what: string): Promise<Lock | null> {
  try {
    return await takeLock(path, thisProcess(what));
  } catch (error) {
    if (error instanceof NoLocks) {
      const message = `No lock can be taken: ${error.message}. With --no-lock nothing keeps two runs apart.`;
      throw new CommandError(EXIT.preflight, 'no_locks', message);
    }
    throw new UsageError(`cannot write the lock ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The lock, which the command may release before its end. */
function releasedAtEnd(lock: Lock, context: Context): Lock {
  let isHeld = true;
  const release = () => {
    if (isHeld) lock.release();
    isHeld = false;
  };
  context.atEnd(release);
  return { release };
}

/** Waits for a lock as long as --wait-for-lock says. Throws CommandError: exit 9, or that of a signal. */
async function waitFor(
  path: string,
  whose: string,
  what: string,
  settings: LockSettings,
  context: Context,
): Promise<Lock> {
  const began = realClock.now();
  const patience = Math.max(SECOND_LOOK_MS, settings.wait_for_lock);
  let came: string | null = null;
  let sleep = realClock.sleep(0);
  const forget = onEndSignals(context, (signal) => {
    came = signal;
    sleep.cancel();
  });
  try {
    for (let told = false; ; told = true) {
      const lock = await tryToTake(path, what);
      if (lock !== null) return releasedAtEnd(lock, context);
      if (came !== null) {
        throw new CommandError(
          signalExit(came),
          'signal',
          `Stopped by ${came} while waiting for a lock; nothing was sent.`,
        );
      }
      const left = patience - (realClock.now() - began);
      if (left <= 0) {
        const message = `${whose} is locked by ${await holderText(path)}. Try again later, or wait for it: --wait-for-lock 10m`;
        throw new CommandError(EXIT.locked, 'locked', message);
      }
      if (!told && settings.wait_for_lock > 0 && !settings.quiet && !settings.json) {
        print(context.stderr, `${whose} is locked by ${await holderText(path)}: waiting\n`);
      }
      sleep = realClock.sleep(Math.min(left, settings.wait_for_lock > 0 ? LOOK_EVERY_MS : SECOND_LOOK_MS));
      await sleep.done;
    }
  } finally {
    forget();
  }
}

/**
 * Takes the lock of the account key for until the command ends: one writing run for a key, a user and a host.
 * The stand-in has no account (key null). Throws CommandError (exit 7 or 9, or of a signal) or UsageError.
 */
export async function lockAccount(
  key: string | null,
  what: string,
  settings: LockSettings,
  context: Context,
): Promise<void> {
  if (key === null || settings.no_lock) return;
  await waitFor(accountLockPath(settings, key, context), 'This account', what, settings, context);
}

/** Takes the lock of a run directory, which `release` gives back. Null with --no-lock. Throws as `lockAccount`. */
export async function lockRun(
  dir: string,
  what: string,
  settings: LockSettings,
  context: Context,
): Promise<Lock | null> {
  if (settings.no_lock) return null;
  return waitFor(runFiles(dir).lock, `Run ${basename(dir)}`, what, settings, context);
}

/** Takes the lock of a new run directory, so that others see that it is at work; gives whether there are locks here. */
export async function lockNewRun(
  dir: string,
  what: string,
  { no_lock: none }: Pick<Settings, 'no_lock'>,
  context: Context,
): Promise<boolean> {
  if (none) return false;
  // A plan needs no lock, so it does without where there are none; whoever writes has taken that of the account.
  return takeLock(runFiles(dir).lock, thisProcess(what)).then(
    (lock) => {
      if (lock !== null) releasedAtEnd(lock, context);
      return lock !== null;
    },
    () => false,
  );
}

/** Whether somebody is at work on a run, by its lock; by its process where it has none. */
export async function isAtWork(dir: string, manifest: Manifest): Promise<boolean> {
  const alive = () => manifest.host === hostname() && manifest.pid !== process.pid && isAlive(manifest.pid);
  if (!manifest.locked) return alive();
  return isLocked(runFiles(dir).lock).catch(alive);
}

/**
 * The state of a run as it is shown and treated: one that should be at work, and is not, was interrupted. With its lock
 * in hand (`mine`) nobody else is at work on it, whatever it says.
 */
export async function stateOf(dir: string, manifest: Manifest, mine = false): Promise<State> {
  const { state } = manifest;
  if (state !== 'running' && state !== 'planning') return state;
  return !mine && (await isAtWork(dir, manifest)) ? state : 'interrupted';
}
