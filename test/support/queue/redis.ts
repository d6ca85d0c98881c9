import { openQueue, type Queue } from '../../../src/io/queue/connection.ts';
import { afterEveryTest } from '../after-test.ts';
import { tempDir } from '../temp.ts';
import { type Fsync, type RedisServer, startRedis } from './redis-server.ts';

const servers = new Set<RedisServer>();
const queues = new Set<Queue>();

afterEveryTest(async () => {
  for (const queue of queues) queue.close();
  queues.clear();
  for (const server of servers) await server.kill();
  servers.clear();
});

/** Starts a Redis server that ends with the test. */
export async function testRedis(fsync: Fsync = 'always', args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis(tempDir(), fsync, args);
  servers.add(server);
  return server;
}

/** Opens a connection that is closed after the test. */
export async function testQueue(url: string): Promise<Queue> {
  const queue = await openQueue(url);
  queues.add(queue);
  return queue;
}
