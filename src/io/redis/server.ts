import type { Redis } from 'ioredis';

/** What survives a crash of Redis: all that it has acknowledged, all but the last two seconds, or nothing for certain. */
export type Durability = 'always' | 'everysec' | 'none';

export type Server = { runId: string; isCopy: boolean; policy: string; durability: Durability; warnings: string[] };

/** Reads one field of the answer of INFO; '' if it is missing. */
export function infoField(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}

export async function readRunId(redis: Redis): Promise<string> {
  return infoField(await redis.info('server'), 'run_id');
}

/** Whether the server is a copy of another one. It refuses writes, or forgets them. */
export async function isReplica(redis: Redis): Promise<boolean> {
  return infoField(await redis.info('replication'), 'role') === 'slave';
}

/** One value of the configuration; null if the server keeps it to itself, as managed ones do. */
async function configured(redis: Redis, name: string): Promise<string | null> {
  try {
    const [, value] = (await redis.config('GET', name)) as string[];
    return value ?? null;
  } catch {
    return null;
  }
}

/** Reads what the safety of a run depends on. */
export async function readServer(redis: Redis): Promise<Server> {
  const [runId, isCopy, memory, persistence] = await Promise.all([
    readRunId(redis),
    isReplica(redis),
    redis.info('memory'),
    redis.info('persistence'),
  ]);
  const policy = infoField(memory, 'maxmemory_policy') || (await configured(redis, 'maxmemory-policy')) || 'unknown';
  if (infoField(persistence, 'aof_enabled') !== '1') {
    const warning =
      'Redis has no append-only file: after a crash it may have forgotten all of a run. Fix: set appendonly yes.';
    return { runId, isCopy, policy, durability: 'none', warnings: [warning] };
  }
  const fsync = await configured(redis, 'appendfsync');
  if (fsync === 'always') return { runId, isCopy, policy, durability: 'always', warnings: [] };
  if (fsync === 'no') {
    const warning =
      'Redis leaves its append-only file to the system (appendfsync no): after a crash it may have forgotten half a minute. Fix: set appendfsync always.';
    return { runId, isCopy, policy, durability: 'none', warnings: [warning] };
  }
  // No warning: what it may have forgotten is read before it is sent.
  return { runId, isCopy, policy, durability: 'everysec', warnings: [] };
}
