import { describe, expect, it } from 'vitest';
import { afterEveryTest } from '../../support/after-test.ts';
import { blindRepeats, isMoved, writesTo } from '../../support/program/account.ts';
import { start } from '../../support/program/start.ts';
import { workDirectory } from '../../support/program/workspace.ts';
import { connectTo, endOf, handOver, streamOf } from '../../support/queue/hand-over.ts';
import { type Fsync, startRedis } from '../../support/queue/redis-server.ts';
import { openSandbox } from '../../support/sandbox/open.ts';
import { tempDir } from '../../support/temp.ts';

async function world(rows: number, fsync: Fsync = 'always') {
  const redis = await startRedis(tempDir(), fsync);
  afterEveryTest(redis.kill);
  const sandbox = await openSandbox({ numbers: rows });
  const cwd = workDirectory();
  const worker = (...args: string[]) => start(cwd, ['worker', '--queue', redis.url, '--lease', '4s', ...args]);
  return { redis, sandbox, worker, queue: await connectTo(redis.url) };
}

describe('a worker', () => {
  it('carries a run out that was handed over before or after it started', async () => {
    const { sandbox, worker, queue } = await world(60);
    const before = await handOver(queue, { baseUrl: sandbox.url, rows: 30 });
    const { child, ended } = worker();
    expect(await endOf(queue, before)).toEqual({ stop: null, failure: null, organization_id: expect.any(String) });
    const after = await handOver(queue, { baseUrl: sandbox.url, rows: 30, from: 31 });
    await endOf(queue, after);
    expect(isMoved(sandbox, 60)).toBe(true);
    const types = (await streamOf(queue, before)).map(({ type }) => type).filter((type) => type !== 'session_seen');
    expect(types[0]).toBe('session_started');
    expect(types.filter((type) => type === 'outcome')).toHaveLength(30);
    expect(types.at(-1)).toBe('session_ended');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ exit: 0 });
    expect(blindRepeats(sandbox)).toEqual([]);
    expect(writesTo(sandbox)).toHaveLength(60);
  });
});
