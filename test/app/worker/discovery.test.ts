import { expect, it } from 'vitest';
import { createDiscovery } from '../../../src/app/worker/discovery.ts';
import { createDrain, type Serving } from '../../../src/app/worker/serving.ts';
import { KEYS, leaseKey } from '../../../src/core/queue/protocol.ts';
import { markWaiting } from '../../../src/io/queue/jobs.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';
import { testQueue, testRedis } from '../../support/queue/redis.ts';

const [DAMAGED, SOUND] = ['a'.repeat(32), 'b'.repeat(32)];

it('serves the other accounts if the lease of one is damaged, and says so once', async () => {
  const queue = await testQueue((await testRedis()).url);
  for (const account of [DAMAGED, SOUND]) {
    await queue.redis.hset(KEYS.accounts, account, JSON.stringify({ base_url: 'http://127.0.0.1:1/v2' }));
    await markWaiting(queue, account);
  }
  await queue.redis.set(leaseKey(DAMAGED), 'a text');
  const logged: unknown[] = [];
  const drain = createDrain();
  const serving = {
    queue,
    clock: virtualClock(),
    drain,
    active: new Map(),
    settings: { accounts: 50 },
    keyring: { keyOf: () => 'a key' },
    log: { log: (_level: string, _event: string, text: string, fields: object) => logged.push([text, fields]) },
  } as unknown as Serving;
  const discovery = createDiscovery(serving);
  await discovery.look();
  expect([...discovery.turns.keys()]).toEqual([SOUND]);
  drain.ask('SIGTERM');
  expect(logged).toEqual([
    [expect.stringContaining('lease of an account cannot be read: WRONGTYPE'), { account: 'aaaaaaaa' }],
  ]);
});
