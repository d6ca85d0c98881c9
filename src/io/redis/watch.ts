import type { Redis } from 'ioredis';
import { type Durability, isReplica, readRunId, readServer, type Server } from './server.ts';

const CHECK_INTERVAL_MS = 1000;
/** After this number of checks without an answer, Redis counts as lost. */
const LOST_AFTER = 2;
/** After this number, it is connected to again: the way there may have changed. */
const RECONNECT_AFTER = 5;

/**
 * Watches whether Redis answers, and whether it is still the same run of the server. It counts checks, not time: a
 * process that was stopped has had no answer for long from a server that answers.
 */
export function watchServer(redis: Redis, first: Server) {
  let { runId, durability } = first;
  let lostAt: number | null = null;
  let unanswered = 0;
  let isAsking = false;
  const callbacks = new Set<() => void>();

  async function ask(): Promise<void> {
    if (isAsking || redis.status !== 'ready') return;
    isAsking = true;
    try {
      const [found, isCopy] = await Promise.all([readRunId(redis), isReplica(redis)]);
      // A master that became a copy takes no writes, so it is as good as away.
      if (isCopy) {
        lostAt ??= performance.now();
        return;
      }
      lostAt = null;
      unanswered = 0;
      if (found === runId) return;
      // It may have started with another configuration.
      ({ runId, durability } = await readServer(redis));
      for (const callback of [...callbacks]) callback();
    } catch {
      // It is asked again at the next check.
    } finally {
      isAsking = false;
    }
  }

  function check(): void {
    if (isAsking || redis.status !== 'ready') unanswered += 1;
    if (unanswered >= LOST_AFTER) lostAt ??= performance.now() - unanswered * CHECK_INTERVAL_MS;
    if (unanswered >= RECONNECT_AFTER && redis.status !== 'reconnecting') {
      unanswered = 0;
      redis.disconnect(true);
    }
    void ask();
  }

  const onReady = () => void ask();
  const onClose = () => {
    lostAt ??= performance.now();
  };
  redis.on('ready', onReady).on('close', onClose);
  const timer = setInterval(check, CHECK_INTERVAL_MS);
  timer.unref();
  return {
    runId: () => runId,
    durability: (): Durability => durability,
    onRestart(callback: () => void): () => void {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    isConnected: () => redis.status === 'ready',
    lostSince: () => lostAt,
    stop(): void {
      clearInterval(timer);
      callbacks.clear();
      redis.off('ready', onReady).off('close', onClose);
    },
  };
}
