import { inflateRawSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { afterEveryTest } from '../../support/after-test.ts';
import { KEY } from '../../support/program/environment.ts';
import { run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import { numberId, workDirectory, writeInput } from '../../support/program/workspace.ts';
import { startRedis } from '../../support/queue/redis-server.ts';

const READ: Record<string, string[]> = {
  string: ['GET'],
  hash: ['HGETALL'],
  list: ['LRANGE', '0', '-1'],
  set: ['SMEMBERS'],
  zset: ['ZRANGE', '0', '-1'],
  stream: ['XRANGE', '-', '+'],
};

function flat(value: unknown): Buffer[] {
  if (Array.isArray(value)) return value.flatMap(flat);
  return Buffer.isBuffer(value) ? [value] : [Buffer.from(String(value))];
}

/** Rows have their seal before them. */
const SEAL_BYTES = 32;

/** Every key and value in Redis, and what those that are compressed hold. */
async function everything(port: number): Promise<string[]> {
  const redis = new Redis(port, '127.0.0.1');
  const texts: string[] = [];
  for (const key of await redis.keys('*')) {
    const [command = '', ...args] = READ[await redis.type(key)] as string[];
    for (const value of flat(await redis.callBuffer(command, key, ...args))) {
      texts.push(key, value.toString('latin1'));
      for (const from of [0, SEAL_BYTES]) {
        try {
          texts.push(inflateRawSync(value.subarray(from)).toString());
        } catch {
          // It is not compressed.
        }
      }
    }
  }
  redis.disconnect();
  return texts;
}

it('a run that waits in Redis holds its rows, and never the key', async () => {
  const redis = await startRedis(workDirectory());
  afterEveryTest(redis.kill);
  const cwd = workDirectory();
  const { flags } = await readingApi({ numbers: 5 });
  const args = ['apply', writeInput(cwd, 5), ...flags, '--queue', redis.url, '--detach'];
  expect((await run(cwd, args)).exit).toBe(0);
  const texts = await everything(redis.port);
  expect(texts.some((text) => text.includes(numberId(1)))).toBe(true);
  expect(texts.filter((text) => text.includes(KEY))).toEqual([]);
});
