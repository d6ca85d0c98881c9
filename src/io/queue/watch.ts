import type { Redis } from 'ioredis';
import { readRunId } from './server.ts';

const CHECK_INTERVAL_MS = 1000;
/** A server that has not answered for so long is connected to again: the way there may have changed. */
const SILENCE_MS = 5000;

/** Watches whether Redis answers, and whether it is still the same run of the server. */
export function watchServer(redis: Redis, firstRunId: string) {
  let runId = firstRunId;
  let answeredAt = performance.now();
  let connectedAgainAt = answeredAt;
  let isAsking = false;
  let isStopped = false;
  const callbacks = new Set<() => void>();

  async function ask(): Promise<void> {
    if (isAsking || redis.status !== 'ready') return;
    isAsking = true;
    try {
      const found = await readRunId(redis);
      answeredAt = performance.now();
      if (found === runId || isStopped) return;
      runId = found;
      for (const callback of [...callbacks]) callback();
    } catch {
      // It is asked again at the next check.
    } finally {
      isAsking = false;
    }
  }

  function check(): void {
    const now = performance.now();
    if (now - Math.max(answeredAt, connectedAgainAt) > SILENCE_MS && redis.status !== 'reconnecting') {
      connectedAgainAt = now;
      redis.disconnect(true);
    }
    void ask();
  }

  const onReady = () => void ask();
  redis.on('ready', onReady);
  const timer = setInterval(check, CHECK_INTERVAL_MS);
  timer.unref();
  return {
    runId: () => runId,
    onRestart(callback: () => void): () => void {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    isConnected: () => redis.status === 'ready',
    lostSince(): number | null {
      if (redis.status === 'ready' && performance.now() - answeredAt < 2 * CHECK_INTERVAL_MS) return null;
      return answeredAt;
    },
    stop(): void {
      isStopped = true;
      clearInterval(timer);
      redis.off('ready', onReady);
    },
  };
}
