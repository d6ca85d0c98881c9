import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEYS, leaseKey, runsPrefix } from '../../../src/core/queue/protocol.ts';
import { updateHandover, writeHandover } from '../../../src/io/queue/handover.ts';
import { addJob } from '../../../src/io/queue/jobs.ts';
import { takeLease } from '../../../src/io/queue/lease.ts';
import { registerWorker } from '../../../src/io/queue/registry.ts';
import { withSeal } from '../../../src/io/queue/seal.ts';
import { openQueue, type Queue } from '../../../src/io/redis/connection.ts';
import { KEY } from '../../support/program/environment.ts';
import { run } from '../../support/program/run.ts';
import { start } from '../../support/program/start.ts';
import { until, workDirectory } from '../../support/program/workspace.ts';
import { freePort, type RedisServer, startRedis } from '../../support/queue/redis-server.ts';

const [A, B] = ['1a2b3c4d'.repeat(4), '9f8e7d6c'.repeat(4)];
/** How the board names an account. */
const [SHORT_A, SHORT_B] = ['1a2b3c4d', '9f8e7d6c'];
const RUN = '20261123T020000Z-numbers-1f2e';
const RECORD = {
  ...{ protocol: 1, run_id: RUN, name: 'numbers', command: 'apply', version: '0.1.0', host: 'host-b' },
  ...{ base_url: 'https://api.telnyx.com/v2', settings: { rate: '10' }, rows: 3, total: 2 },
  ...{ earlier: { ended: 1, permanent: 0 }, finish_at: null, state: 'waiting' as const, redis_run_id: '' },
  ...{ owner: null, end: null, handed_at: new Date(Date.now() - 60_000).toISOString(), taken_by: '' },
};

let redis: RedisServer;
let queue: Queue;

async function handOver(account: string, runId: string): Promise<void> {
  const ref = { account, handover: `${runId}.0123abcd` };
  await writeHandover(queue, withSeal(ref, KEY), { ...RECORD, run_id: runId }, []);
  await addJob(queue, ref, runId);
}

beforeAll(async () => {
  redis = await startRedis(workDirectory());
  queue = await openQueue(redis.url);
  await handOver(A, RUN);
  await handOver(B, RUN.replace('1f2e', '2222'));
  await updateHandover(queue, { account: A, handover: `${RUN}.0123abcd` }, { state: 'sending' });
  const owner = { what: 'a worker', host: 'host-a', pid: 4711, worker: 'w1', run: RUN };
  await takeLease(queue, A, { token: 'token', owner, ttlMs: 600_000 });
  await registerWorker(queue, {
    ...{ id: 'w1', host: 'host-a', pid: 4711, version: '0.1.0', protocol: 1, accounts: [A], limit: 50 },
    ...{ active: [{ account: A, run: RUN, fence: 1 }], started_at: RECORD.handed_at },
  });
});
afterAll(async () => {
  queue.close();
  await redis.remove();
});

describe('queue', () => {
  it('shows accounts, leases, runs, workers, and the account whose key no worker has', async () => {
    const { exit, stdout, stderr } = await run(workDirectory(), ['queue', '--queue', redis.url], { columns: 80 });
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^1a2b3c4d {2}host-a:4711, fence 1, .* left {2}https:\/\/api.telnyx.com\/v2$/m);
    expect(stdout).toMatch(/^9f8e7d6c {2}free +https/m);
    expect(stdout).toMatch(new RegExp(`^1a2b3c4d  sending  2     -     .* ago +${RUN}$`, 'm'));
    expect(stdout).toMatch(/^host-a:4711 {2}0\.1\.0 +1 +1 +1 of 50 +.* ago$/m);
    expect(stdout.replace(/\n */g, ' ')).toContain('No worker has the key of account 9f8e7d6c');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('prints one object with --json', async () => {
    const { exit, stdout } = await run(workDirectory(), ['queue', '--queue', redis.url, '--json']);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      exit_code: 0,
      queue: redis.url,
      protocols: [1],
      accounts: [
        { account: A, has_worker: true, lease: { owner: { host: 'host-a' }, fence: 1 } },
        { account: B, has_worker: false, lease: null },
      ],
      runs: [{ run_id: RUN, state: 'sending', rows: 2, host: 'host-b' }, { state: 'waiting' }],
      workers: [{ id: 'w1', accounts: [A] }],
    });
  });

  it('shows the others if another program has written to an account, and says so without a stack', async () => {
    await queue.redis.hset(`${runsPrefix(B)}:runs:${RUN.replace('1f2e', '2222')}.0123abcd`, 'data', 'null');
    const damaged = 'd'.repeat(32);
    await queue.redis.hset(KEYS.accounts, damaged, JSON.stringify({ base_url: 'https://api.telnyx.com/v2' }));
    await queue.redis.set(leaseKey(damaged), 'a text');
    const { exit, stdout, stderr } = await run(workDirectory(), ['queue', '--queue', redis.url]);
    await queue.redis.hdel(KEYS.accounts, damaged);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^1a2b3c4d {2}host-a:4711/m);
    expect(stdout).toContain('Account dddddddd cannot be shown: WRONGTYPE ');
  });

  it('exits with 7 if Redis refuses a command', async () => {
    await queue.redis.rename(KEYS.accounts, 'aside');
    await queue.redis.set(KEYS.accounts, 'a text');
    const { exit, stdout, stderr } = await run(workDirectory(), ['queue', '--queue', redis.url]);
    await queue.redis.rename('aside', KEYS.accounts);
    expect([exit, stdout]).toEqual([7, '']);
    expect(stderr).toMatch(/has refused a command: WRONGTYPE .* Fix: use a Redis that no other program writes to\.\n/);
    expect(stderr).not.toContain('    at ');
  });

  it('exits with 7 if Redis is not reachable, and names no password', async () => {
    const url = `redis://user:secret-word@127.0.0.1:${await freePort()}`;
    const { exit, stdout, stderr } = await run(workDirectory(), ['queue'], { env: { TELNYX_REASSIGN_QUEUE: url } });
    expect(exit).toBe(7);
    expect(stderr).toContain(`${url.replace('user:secret-word@', '')} cannot be reached`);
    expect(stdout + stderr).not.toContain('secret-word');
  });

  it.each(['queue', 'board'])('%s without --queue says how to name one', async (command) => {
    const { exit, stderr } = await run(workDirectory(), [command]);
    expect(exit).toBe(2);
    expect(stderr).toContain('--queue is missing');
  });
});

describe('board', () => {
  it('serves the queues of all accounts, of a job only its run, and nothing that writes', async () => {
    const cwd = workDirectory();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const board = start(cwd, ['board', '--queue', redis.url, '--port', String(port)]);
    await until(() => board.output().includes(url));
    const text = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${url}${path}`, init);
      return { status: response.status, text: await response.text(), headers: response.headers };
    };

    const page = await text(`/queue/${SHORT_A}`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(page.text).not.toMatch(/https?:/);
    const scripts = [...page.text.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => `/${path}`);
    expect(scripts.length).toBeGreaterThan(4);
    for (const path of scripts) expect(await text(path), path).toMatchObject({ status: 200 });
    for (const path of ['/static/../index.ejs', '//', '//x:99999/']) {
      expect(await text(path), path).toMatchObject({ status: 404 });
    }

    const queues = JSON.parse((await text(`/api/queues?activeQueue=${SHORT_A}&page=1&jobsPerPage=10`)).text);
    expect(queues.queues).toMatchObject([
      { name: SHORT_A, readOnlyMode: true, jobs: [{ name: RUN, data: { run_id: RUN }, opts: {} }] },
      { name: SHORT_B, jobs: [] },
    ]);
    for (const path of ['', '/logs', '/flow']) {
      expect(await text(`/api/queues/${SHORT_A}/${RUN}.0123abcd${path}`), path).toMatchObject({ status: 200 });
    }
    expect(await text('/api/redis/stats')).toMatchObject({ status: 404 });
    expect(await text('/api/queues/%zz/x')).toMatchObject({ status: 404 });

    // A new account appears.
    await handOver('5'.repeat(32), RUN.replace('1f2e', '3333'));
    expect((await text('/api/queues')).text).toContain('55555555 https://api.telnyx.com/v2');

    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of [
        `/api/queues/${SHORT_A}/pause`,
        `/api/queues/${SHORT_A}/${RUN}.0123abcd/clean`,
        '/api/queues/pause',
      ]) {
        expect(await text(path, { method }), `${method} ${path}`).toMatchObject({ status: 405 });
      }
    }

    const taken = await run(cwd, ['board', '--queue', redis.url, '--port', String(port)]);
    expect(taken.exit).toBe(2);
    expect(taken.stderr).toContain(`Could not listen on 127.0.0.1:${port}: another program listens there.`);

    board.child.kill('SIGTERM');
    expect(await board.ended).toMatchObject({ exit: 0, stderr: '' });
  });
});
