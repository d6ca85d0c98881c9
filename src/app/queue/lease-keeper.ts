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

/** Measures the time since the last renewal that was granted had been sent. */
function createTerm(sentAt: Moment, clock: Clock) {
  let granted = sentAt;
  return {
    moment: (): Moment => ({ now: clock.now(), wallNow: clock.wallNow() }),
    grant(sent: Moment): void {
      granted = sent;
    },
    /** The monotonic clock stands still while a machine sleeps, and the other one can be set: the longer time counts. */
    ageMs: () => Math.max(clock.now() - granted.now, clock.wallNow() - granted.wallNow),
  };
}

/** Callbacks that are called once. */
function createCallbacks() {
  const callbacks = new Set<() => void>();
  return {
    add: (callback: () => void) => void callbacks.add(callback),
    remove: (callback: () => void) => callbacks.delete(callback),
    callAll(): void {
      const called = [...callbacks];
      callbacks.clear();
      for (const callback of called) callback();
    },
  };
}

/** Returns a function that asks Redis. If it is called meanwhile, it asks once more after that. */
function oneAtATime(ask: () => Promise<void>): () => void {
  let isAsking = false;
  let isDue = false;
  async function run(): Promise<void> {
    isDue = isAsking;
    if (isAsking) return;
    isAsking = true;
    // An error is no answer: the next turn asks again.
    await ask().catch(() => undefined);
    isAsking = false;
    if (isDue) await run();
  }
  return () => void run();
}

/**
 * Keeps a lease by renewals, and knows until when it is held for certain: one lease after the last renewal that was
 * granted had been sent. Redis counts from when it received it, which is later.
 */
export function keepLease({ renew, sentAt, ttlMs, clock }: KeepLeaseOptions) {
  const term = createTerm(sentAt, clock);
  let lost: string | null = null;
  let isStopped = false;
  let timer: Sleep | null = null;
  const onLoss = createCallbacks();
  const waiters = createCallbacks();

  const endsInTime = (timeoutMs: number): boolean => term.ageMs() + timeoutMs <= ttlMs;
  const mayLeave = (timeoutMs: number): boolean => lost === null && !isStopped && endsInTime(timeoutMs);

  function lose(why: string): void {
    if (lost !== null || isStopped) return;
    lost = why;
    timer?.cancel();
    onLoss.callAll();
    waiters.callAll();
  }

  function checkTime(): void {
    if (term.ageMs() > 2 * ttlMs) lose('Redis could not be asked to renew the lease');
  }

  const renewNow = oneAtATime(async () => {
    if (lost !== null || isStopped) return;
    const sent = term.moment();
    if (!(await renew())) return lose('another owner has taken the lease');
    term.grant(sent);
    waiters.callAll();
  });

  async function keep(): Promise<void> {
    for (;;) {
      timer = clock.sleep(ttlMs / RENEWALS);
      await timer.done;
      checkTime();
      if (lost !== null || isStopped) return;
      renewNow();
    }
  }
  void keep();

  return {
    /** Whether a request that takes at most `timeoutMs` ends while the lease is held. Asked right before it leaves. */
    mayLeave,
    /** Resolves when `mayLeave`, or when the lease is lost or returned: the caller asks again. */
    async untilMayLeave(timeoutMs: number): Promise<void> {
      while (lost === null && !isStopped && !mayLeave(timeoutMs)) await new Promise<void>(waiters.add);
    },
    isLost(): boolean {
      checkTime();
      return lost !== null;
    },
    /** Why it is lost; null while it is held. */
    lostWhy: () => lost,
    /** Calls back once when the lease is lost, or has been. Returns a function that removes the callback. */
    onLost(callback: () => void): () => void {
      if (lost === null) onLoss.add(callback);
      else callback();
      return () => onLoss.remove(callback);
    },
    lose,
    /** Renews at once, because Redis must know something new. */
    renewNow,
    /** Whether no other can have had the lease since the last renewal, even if it is lost: then it can be returned. */
    isInTime: () => endsInTime(0),
    /** Ends the renewals: nothing may leave any more. */
    stop(): void {
      isStopped = true;
      timer?.cancel();
      waiters.callAll();
    },
  };
}
