import { randomUUID } from 'node:crypto';
import type { LeaseOwner } from '../../core/queue/protocol.ts';
import type { Clock } from '../../engine/ports.ts';
import { releaseLease, renewLease, type TakenLease, takeLease } from '../../io/queue/lease.ts';
import type { Queue } from '../../io/redis/connection.ts';
import { keepLease, type LeaseKeeper } from './lease-keeper.ts';

/** A lease that this process keeps until it releases or loses it. */
export type AccountLease = LeaseKeeper & {
  token: string;
  fence: number;
  /** See `TakenLease`. */
  silentMs: number;
  pausedMs: number;
  /** Gives the lease back: no request is on its way any more, and none may leave. */
  release: () => Promise<void>;
};

export type HoldLeaseOptions = {
  owner: LeaseOwner;
  ttlMs: number;
  clock: Clock;
  /** For how long the server asks to send nothing, from now on: the next owner must know. */
  pausedMs?: () => number;
};

/** Takes the lease of an account and keeps it. Returns who holds it if it is not free. */
export async function holdLease(
  queue: Queue,
  account: string,
  { owner, ttlMs, clock, pausedMs = () => 0 }: HoldLeaseOptions,
): Promise<AccountLease | Extract<TakenLease, { taken: false }>> {
  const token = randomUUID();
  const sentAt = { now: clock.now(), wallNow: clock.wallNow() };
  const runId = queue.runId();
  const taken = await takeLease(queue, account, { token, owner, ttlMs });
  if (!taken.taken) return taken;
  // The pause of the owner before goes on until it ends.
  const pausedUntil = clock.now() + taken.pausedMs;
  const paused = () => Math.max(0, pausedMs(), pausedUntil - clock.now());
  const renew = () => renewLease(queue, account, { token, ttlMs, pausedMs: paused() });
  const keeper = keepLease({ renew, sentAt, ttlMs, clock });
  const removeRestart = queue.onRestart(() => keeper.lose('the Redis server started again'));
  if (queue.runId() !== runId) keeper.lose('the Redis server started again');
  return {
    ...keeper,
    token,
    fence: taken.fence,
    silentMs: taken.silentMs,
    pausedMs: taken.pausedMs,
    async release() {
      removeRestart();
      keeper.stop();
      // Past its end another may have had it, and Redis may have forgotten that.
      if (keeper.isInTime()) await releaseLease(queue, account, token, { pausedMs: paused() });
    },
  };
}
