import { existsSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { RedisServer } from '../../support/queue/redis-server.ts';
import { sleep } from '../server/handler.ts';
import { UNWRITTEN_MS } from './pace.ts';

/** The file that Redis appends to. */
function appendOnlyFile({ dir }: RedisServer): string {
  const folder = join(dir, 'appendonlydir');
  const name = existsSync(folder) ? readdirSync(folder).find((file) => file.endsWith('.incr.aof')) : undefined;
  if (name === undefined) throw new Error('Redis has no append-only file');
  return join(folder, name);
}

/** Kills Redis and takes what it has appended in the last second: a killed process loses nothing of that by itself. */
export async function killWithPowerFailure(redis: RedisServer): Promise<void> {
  const file = appendOnlyFile(redis);
  const { size } = statSync(file);
  await sleep(UNWRITTEN_MS);
  await redis.kill();
  truncateSync(file, size);
}
