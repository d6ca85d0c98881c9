import { KEYS, readAccount, readWorker, type WorkerRecord } from '../../core/queue/protocol.ts';
import type { Queue } from '../redis/connection.ts';

/** A worker that was not seen for so long is no longer shown. It says that it lives every five seconds. */
const MAX_UNSEEN_MS = 30_000;

/** The time of day of Redis in ms since 1970: one clock for all hosts. */
export async function redisTime({ redis }: Queue): Promise<number> {
  const [seconds, micros] = (await redis.time()).map(Number) as [number, number];
  return seconds * 1000 + Math.floor(micros / 1000);
}

/** Says that a worker lives, and what it does. */
export async function registerWorker(queue: Queue, worker: Omit<WorkerRecord, 'seen_at'>): Promise<void> {
  const record: WorkerRecord = { ...worker, seen_at: await redisTime(queue) };
  await queue.redis.hset(KEYS.workers, worker.id, JSON.stringify(record));
}

export async function unregisterWorker({ redis }: Queue, id: string): Promise<void> {
  await redis.hdel(KEYS.workers, id);
}

/** The workers that live. Removes those that were not seen any more. */
export async function readWorkers(queue: Queue): Promise<WorkerRecord[]> {
  const now = await redisTime(queue);
  const found = Object.entries(await queue.redis.hgetall(KEYS.workers));
  const workers = found.map(([id, text]) => ({ id, record: readWorker(text) }));
  const isSeen = (record: WorkerRecord | null) => record === null || now - record.seen_at <= MAX_UNSEEN_MS;
  const gone = workers.filter(({ record }) => !isSeen(record)).map(({ id }) => id);
  if (gone.length > 0) await queue.redis.hdel(KEYS.workers, ...gone);
  return workers.flatMap(({ record }) => (record !== null && isSeen(record) ? [record] : []));
}

/** The accounts that were handed over to, with their base URLs. */
export async function readAccounts({ redis }: Queue): Promise<Map<string, string>> {
  const found = Object.entries(await redis.hgetall(KEYS.accounts));
  return new Map(found.flatMap(([account, text]) => [[account, readAccount(text)] as const]).filter(hasUrl));
}

const hasUrl = (entry: readonly [string, string | null]): entry is [string, string] => entry[1] !== null;

/** The versions of what is in Redis. What no version has written is left out. */
export async function readProtocols({ redis }: Queue): Promise<number[]> {
  const found = (await redis.smembers(KEYS.protocols)).filter((text) => /^[1-9][0-9]{0,8}$/.test(text));
  return found.map(Number).sort((a, b) => a - b);
}
