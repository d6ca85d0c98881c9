import type { Clock, Sleep } from '../../engine/ports.ts';

/** A moment by both clocks of this machine. */
type Moment = { now: number; wallNow: number };

export type LeaseKeeper = ReturnType<typeof keepLease>;

type KeepLeaseOptions = {
  /** Returns false if another has the lease. Rejects if Redis cannot be asked. */
  renew: () => Promise<boolean>;
  /** When the lease was asked for. */
  sentAt: Moment;
  ttlMs: number;
  clock: Clock;
};

/** Renewals in the time of one lease. */
const RENEWALS = 5;

/**
 * Keeps a lease by renewals, and knows until when it is held for certain: one lease after the last renewal that was
 * granted had been sent. Redis counts from when it received it, which is later.
 */
export function keepLease({ renew, sentAt, ttlMs, clock }: KeepLeaseOptions) {
  let granted = sentAt;
  let lost: string | null = null;
  let isStopped = false;
  let timer: Sleep | null = null;
  const callbacks = new Set<() => void>();
  const waiters = new Set<() => void>();

  const moment = (): Moment => ({ now: clock.now(), wallNow: clock.wallNow() });

  /** The monotonic clock stands still while a machine sleeps, and the other one can be set: the longer time counts. */
  function sinceGranted(): number {
    const { now, wallNow } = moment();
    return Math.max(now - granted.now, wallNow - granted.wallNow);
  }

  const endsInTime = (timeoutMs: number): boolean => sinceGranted() + timeoutMs <= ttlMs;
  const mayLeave = (timeoutMs: number): boolean => lost === null && !isStopped && endsInTime(timeoutMs);

  function wakeWaiters(): void {
    for (const wake of [...waiters]) wake();
    waiters.clear();
  }

  function lose(why: string): void {
    if (lost !== null || isStopped) return;
    lost = why;
    timer?.cancel();
    for (const callback of [...callbacks]) callback();
    callbacks.clear();
    wakeWaiters();
  }

  function checkTime(): void {
    if (sinceGranted() > 2 * ttlMs) lose('Redis could not be asked to renew the lease');
  }

  let isAsking = false;
  async function renewNow(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    const sent = moment();
    try {
      if (!(await renew())) return lose('another owner has taken the lease');
      granted = sent;
      wakeWaiters();
    } catch {
      // Asked again at the next turn.
    } finally {
      isAsking = false;
    }
  }

  async function keep(): Promise<void> {
    while (lost === null && !isStopped) {
      timer = clock.sleep(ttlMs / RENEWALS);
      await timer.done;
      if (isStopped) return;
      checkTime();
      if (lost === null) void renewNow();
    }
  }
  void keep();

  return {
    /** Whether a request that takes at most `timeoutMs` ends while the lease is held. Asked right before it leaves. */
    mayLeave,
    /** Resolves when `mayLeave`, or when the lease is lost or returned: the caller asks again. */
    async untilMayLeave(timeoutMs: number): Promise<void> {
      while (lost === null && !isStopped && !mayLeave(timeoutMs)) {
        await new Promise<void>((resolve) => waiters.add(resolve));
      }
    },
    isLost(): boolean {
      if (lost === null && !isStopped) checkTime();
      return lost !== null;
    },
    /** Why it is lost; null while it is held. */
    lostWhy: () => lost,
    /** Calls back once when the lease is lost, or has been. Returns a function that removes the callback. */
    onLost(callback: () => void): () => void {
      if (lost === null) callbacks.add(callback);
      else callback();
      return () => callbacks.delete(callback);
    },
    lose,
    /** Whether no other can have had the lease since the last renewal, even if it is lost: then it can be returned. */
    isInTime: () => endsInTime(0),
    /** Ends the renewals: nothing may leave any more. */
    stop(): void {
      isStopped = true;
      timer?.cancel();
      wakeWaiters();
    },
  };
}
