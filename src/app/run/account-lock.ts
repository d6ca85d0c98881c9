import { hostname } from 'node:os';
import type { LeaseOwner } from '../../core/queue/protocol.ts';
import { silenceLeftMs } from '../../core/queue/silence.ts';
import { signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { realClock } from '../../io/clock.ts';
import type { Queue } from '../../io/redis/connection.ts';
import { CommandError } from '../errors.ts';
import type { HeldAccount, KeyedInvocation } from '../invocation.ts';
import { printProgress, warn } from '../output.ts';
import { type AccountLease, type HoldLeaseOptions, holdLease } from '../queue/account-lease.ts';
import { connectToQueue, whileReachable } from '../queue/connect.ts';
import { type EndSignal, onEndSignals } from '../signals.ts';
import { type Locking, lockRun, waitForLock } from './locks.ts';
import { openRun, type Run } from './open.ts';
import { accountHash, accountLockPath } from './state-directory.ts';

/** Short, because a submitter that dies has sent nothing but reads. */
const LEASE_MS = 10_000;
const RETRY_INTERVAL_MS = 500;
/** A wait is announced if it is longer. */
const ANNOUNCED_MS = 2000;

const ownerText = (owner: LeaseOwner | null): string =>
  owner === null ? 'another host' : `process ${owner.pid} on ${owner.host} (${owner.what})`;

/** Waits, unless a signal comes. Throws CommandError with its exit code then. */
function createWait({ context }: Locking) {
  let signal: EndSignal | null = null;
  let sleep = realClock.sleep(0);
  const removeHandlers = onEndSignals(context, (received) => {
    signal = received;
    sleep.cancel();
  });
  const check = () => {
    if (signal === null) return;
    const message = `Stopped by ${signal} while waiting for the account; nothing was sent.`;
    throw new CommandError(signalExit(signal), 'signal', message);
  };
  return {
    check,
    async wait(ms: number): Promise<void> {
      check();
      sleep = realClock.sleep(ms);
      await sleep.done;
      check();
    },
    end: removeHandlers,
  };
}

type Wait = ReturnType<typeof createWait>;

/** Takes the lease if it is free. One that comes after the wait for Redis has ended is released again. */
async function takeWhileReachable(queue: Queue, account: string, options: HoldLeaseOptions) {
  const taking = holdLease(queue, account, options);
  try {
    return await whileReachable(queue, taking, LEASE_MS);
  } catch (error) {
    taking.then((late) => ('token' in late ? late.release() : undefined)).catch(() => undefined);
    throw error;
  }
}

/**
 * Takes the lease of an account. A holder that has died renews nothing, so its lease ends while this waits. For one
 * that is alive it waits as long as --wait-for-lock says, and throws CommandError (exit 9).
 */
async function waitForLease(
  queue: Queue,
  account: string,
  { locking, wait, pausedMs }: { locking: Locking; wait: Wait; pausedMs: () => number },
) {
  const owner = { what: locking.what, host: hostname(), pid: process.pid };
  const startedAt = realClock.now();
  let firstUntil: number | null = null;
  for (let isAnnounced = false; ; ) {
    const options = { owner, ttlMs: LEASE_MS, clock: realClock, pausedMs };
    const lease = await takeWhileReachable(queue, account, options);
    if ('token' in lease) return lease;
    firstUntil ??= lease.until;
    const whose = `This account is locked by ${ownerText(lease.owner)}`;
    const waitedMs = realClock.now() - startedAt;
    if (lease.until > firstUntil && waitedMs >= locking.settings.wait_for_lock) {
      const message = `${whose}. Try again later, or wait for it: --wait-for-lock 10m`;
      throw new CommandError(EXIT.locked, 'locked', message);
    }
    if (!isAnnounced && (waitedMs > ANNOUNCED_MS || locking.settings.wait_for_lock > 0)) {
      isAnnounced = true;
      printProgress(locking, `${whose}: waiting\n`);
    }
    await wait.wait(Math.min(lease.leftMs + 1, RETRY_INTERVAL_MS));
  }
}

/** Waits until what the owner before has sent has left the rate window, and until the API takes requests again. */
async function waitForSilence(
  { silentMs, pausedMs }: AccountLease,
  rate: Settings['rate'],
  { wait }: Wait,
  locking: Locking,
): Promise<void> {
  const ms = Math.max(silenceLeftMs(rate, silentMs), pausedMs);
  if (ms <= 0) return;
  if (ms > ANNOUNCED_MS) {
    printProgress(locking, `Requests for this account were sent from elsewhere: waiting ${formatDuration(ms)}\n`);
  }
  await wait(ms);
}

/** Connects to the queue and takes the lease of the account. `refused` says why the queue cannot be used. */
async function holdAccount(
  invocation: KeyedInvocation,
  key: string,
  locking: Locking,
): Promise<KeyedInvocation['held']> {
  const { settings, context } = invocation;
  const queue = await connectToQueue(settings.queue as string, context);
  if (queue instanceof CommandError) return { refused: queue };
  for (const warning of queue.warnings) warn(invocation, warning);
  const account = accountHash(settings.base_url, key);
  if (settings.no_lock) return { queue, account, lease: null, release: async () => undefined };
  let pausedUntil = 0;
  const wait = createWait(locking);
  try {
    const pausedMs = () => Math.max(0, pausedUntil - realClock.now());
    const lease = await waitForLease(queue, account, { locking, wait, pausedMs });
    let isHeld = true;
    const release = async () => {
      if (!isHeld) return;
      isHeld = false;
      // A Redis that is away finds the lease expired when it is back.
      await whileReachable(queue, lease.release(), 0).catch(() => undefined);
    };
    context.atEnd(release);
    await waitForSilence(lease, settings.rate, wait, locking);
    return {
      queue,
      account,
      lease,
      release(ms) {
        pausedUntil = realClock.now() + ms;
        return release();
      },
    };
  } catch (error) {
    wait.check();
    if (error instanceof CommandError && error.exit === EXIT.preflight) return { refused: error };
    throw error;
  } finally {
    wait.end();
  }
}

/**
 * Takes the lock of the account key until the command ends: one writing run for a key, a user and a host, and with
 * --queue for all hosts that use it. The sandbox has no account (key null). Throws CommandError (exit 7 or 9, or that of
 * a signal) or UsageError.
 */
export async function lockAccount(given: KeyedInvocation, what: string): Promise<KeyedInvocation> {
  const { settings, context, key } = given;
  if (key === null) return given;
  const locking = { settings, context, what };
  const held = settings.queue === null ? undefined : await holdAccount(given, key, locking);
  const path = settings.no_lock ? null : accountLockPath(settings, key, context);
  const lock = path === null ? null : await waitForLock(path, 'This account', locking);
  if (held === undefined) return given;
  if ('refused' in held) return { ...given, held };
  const release: HeldAccount['release'] = async (pausedMs) => {
    await held.release(pausedMs);
    lock?.release();
  };
  return { ...given, held: { ...held, release } };
}

/**
 * Locks the account and a run for a command that writes, and reads the run again, since the holder before may have
 * changed it. A dry run takes no locks.
 */
export async function lockForWriting(run: Run, verb: string, given: KeyedInvocation) {
  const { settings, context } = given;
  const what = `${verb} ${run.manifest.run_id}`;
  const invocation = settings.dry_run ? given : await lockAccount(given, what);
  const lock = settings.dry_run ? null : await lockRun(run.dir, { settings, context, what });
  return { run: openRun(run.dir, context), lock, invocation };
}
