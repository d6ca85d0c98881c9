import { fileURLToPath } from 'node:url';
import { openQueue, type Queue } from '../../../src/io/redis/connection.ts';
import { afterEveryTest } from '../after-test.ts';
import { tempDir } from '../temp.ts';
import { type Fsync, freePort, type RedisServer, startRedis } from './redis-server.ts';

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

const tlsFile = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));

/** The file of the authority that a client of `tlsRedis` must trust. */
export const TLS_AUTHORITY = tlsFile('cert.pem');

/** The same, which also speaks TLS with a certificate of its own. */
export async function tlsRedis(): Promise<RedisServer & { tlsUrl: string }> {
  const port = await freePort();
  const files = ['--tls-cert-file', TLS_AUTHORITY, '--tls-key-file', tlsFile('key.pem')];
  const args = ['--tls-port', `${port}`, ...files, '--tls-ca-cert-file', TLS_AUTHORITY, '--tls-auth-clients', 'no'];
  return { ...(await testRedis('always', args)), tlsUrl: `rediss://127.0.0.1:${port}` };
}
