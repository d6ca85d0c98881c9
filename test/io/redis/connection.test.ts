import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { openQueue, QueueError } from '../../../src/io/redis/connection.ts';
import { start } from '../../support/program/start.ts';
import { until } from '../../support/program/workspace.ts';
import { TLS_AUTHORITY, testQueue, testRedis, tlsRedis } from '../../support/queue/redis.ts';
import { askRedis, freePort } from '../../support/queue/redis-server.ts';
import { tempDir } from '../../support/temp.ts';

const PASSWORD = 'pa55w0rd-of-redis';

async function errorOf(url: string): Promise<QueueError> {
  const error = await openQueue(url).then(
    (queue) => {
      queue.close();
      return null;
    },
    (cause: unknown) => cause,
  );
  if (!(error instanceof QueueError)) throw new Error(`no QueueError: ${String(error)}`);
  expect(JSON.stringify({ ...error, message: error.message, stack: error.stack, cause: error.cause })).not.toContain(
    PASSWORD,
  );
  return error;
}

it('names a server that cannot be reached, without its password', async () => {
  const port = await freePort();
  const error = await errorOf(`redis://user:${PASSWORD}@127.0.0.1:${port}/3`);
  expect(error.kind).toBe('unreachable');
  expect(error.message).toContain(`redis://127.0.0.1:${port}/3 cannot be reached: `);
  expect(error.message).toMatch(/ECONNREFUSED .*\. Fix: start it, or correct its URL/);
});

it('knows a wrong, a missing and the right password', async () => {
  const { port } = await testRedis('always', ['--requirepass', PASSWORD]);
  expect((await errorOf(`redis://:${PASSWORD}x@127.0.0.1:${port}`)).message).toMatch(
    /WRONGPASS .*\. Fix: correct user/,
  );
  expect((await errorOf(`redis://127.0.0.1:${port}`)).message).toContain('NOAUTH');
  const queue = await testQueue(`redis://:${PASSWORD}@127.0.0.1:${port}/2`);
  expect(queue.name).toBe(`redis://127.0.0.1:${port}/2`);
  expect(queue.redis.options.db).toBe(2);
});

it('refuses a replica, and takes a master that became one for a server that does not answer', async () => {
  const [master, other] = [await testRedis('always'), await testRedis('always')];
  const queue = await testQueue(master.url);
  await queue.redis.replicaof('127.0.0.1', other.port);
  expect((await errorOf(master.url)).message).toMatch(/is a replica, which takes no writes\. Fix: name its master\.$/);
  // A script that writes is refused, and connects again and again.
  void queue.redis.set('x', '1');
  await until(() => queue.lostSince() !== null);
  const since = queue.lostSince();
  await until(() => queue.isConnected());
  expect(queue.lostSince()).toBe(since);
  await queue.redis.replicaof('NO', 'ONE');
  await until(() => queue.lostSince() === null);
});

it('says of an HTTP server that it is not Redis', async () => {
  const server = createServer((_, response) => response.end('no')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect((await errorOf(`redis://127.0.0.1:${port}`)).message).toMatch(/RESP .*"H"\. Fix: name the port of Redis/);
  server.close();
});

it('refuses a server that evicts keys, also one that keeps its configuration to itself', async () => {
  const { port } = await testRedis('always', ['--maxmemory-policy', 'allkeys-lru', '--rename-command', 'CONFIG', '']);
  const error = await errorOf(`redis://127.0.0.1:${port}`);
  expect(error.kind).toBe('evicts');
  expect(error.message).toContain('maxmemory-policy allkeys-lru');
});

it.each([
  ['always', 'always', []],
  ['everysec', 'everysec', []],
  [null, 'none', [expect.stringContaining('no append-only file')]],
] as const)('knows what a server with appendfsync %s may forget', async (fsync, durability, warnings) => {
  const queue = await testQueue((await testRedis(fsync)).url);
  expect({ durability: queue.durability(), warnings: queue.warnings }).toEqual({ durability, warnings });
});

it('sends what waited when the server is back, and says that it began again', async () => {
  const server = await testRedis('always');
  await askRedis(server.port, 'CONFIG SET appendfsync everysec');
  const queue = await testQueue(server.url);
  expect(queue.durability()).toBe('everysec');
  const runId = queue.runId();
  let restarts = 0;
  queue.onRestart(() => {
    restarts += 1;
  });
  await queue.redis.set('before', '1');
  await server.kill();
  await until(() => !queue.isConnected());
  const waiting = queue.redis.set('while away', '1');
  expect(queue.lostSince()).not.toBeNull();
  await server.start();
  expect(await waiting).toBe('OK');
  await until(() => restarts === 1);
  expect(queue.runId()).not.toBe(runId);
  expect(queue.durability()).toBe('always');
  expect(queue.lostSince()).toBeNull();
  expect(await queue.redis.get('before')).toBe('1');
});

it('speaks TLS, and refuses an unknown authority', async () => {
  const { tlsUrl } = await tlsRedis();
  expect((await errorOf(tlsUrl)).message).toMatch(/certificate\. Fix: set NODE_EXTRA_CA_CERTS/);
  const { exit, stdout, stderr } = await start(tempDir(), ['queue', '--queue', tlsUrl], {
    env: { NODE_EXTRA_CA_CERTS: TLS_AUTHORITY },
  }).ended;
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(stdout).toContain(tlsUrl);
});
