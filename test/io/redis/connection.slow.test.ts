import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { openQueue } from '../../../src/io/redis/connection.ts';
import { afterEveryTest } from '../../support/after-test.ts';
import { until } from '../../support/program/workspace.ts';
import { testQueue, testRedis } from '../../support/queue/redis.ts';

it('gives up on a server that accepts and says nothing', async () => {
  const server = createServer(() => undefined);
  afterEveryTest(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await expect(openQueue(`redis://127.0.0.1:${port}`)).rejects.toThrow('no answer within');
});

it('knows a server that is stopped as lost, and sends again when it goes on', async () => {
  const server = await testRedis('always');
  const queue = await testQueue(server.url);
  server.signal('SIGSTOP');
  const waiting = queue.redis.incr('n');
  await until(() => queue.lostSince() !== null);
  server.signal('SIGCONT');
  await waiting;
  await until(() => queue.lostSince() === null);
});
