import { expect, it } from 'vitest';
import { createDiscovery } from '../../../src/app/worker/discovery.ts';
import { createDrain, type Serving } from '../../../src/app/worker/serving.ts';
import { KEYS, leaseKey } from '../../../src/core/queue/protocol.ts';
import { markWaiting } from '../../../src/io/queue/jobs.ts';
import { takeLease } from '../../../src/io/queue/lease.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';
import { testQueue, testRedis } from '../../support/queue/redis.ts';

/** A queue in which these accounts wait, and a worker that has these keys. */
async function world(accounts: readonly string[], keys: readonly string[]) {
  const queue = await testQueue((await testRedis()).url);
  for (const account of accounts) {
    await queue.redis.hset(KEYS.accounts, account, JSON.stringify({ base_url: 'http://127.0.0.1:1/v2' }));
    await markWaiting(queue, account);
  }
  const logged: [text: string, account: unknown][] = [];
  const drain = createDrain();
  const serving = {
    queue,
    clock: virtualClock(),
    drain,
    active: new Map(),
    settings: { accounts: 50 },
    keyring: { keyOf: (account: string) => (keys.includes(account) ? 'a key' : null) },
    log: {
      log: (_level: string, _event: string, text: string, fields: { account?: unknown }) =>
        logged.push([text, fields.account]),
    },
  } as unknown as Serving;
  const discovery = createDiscovery(serving);
  return {
    queue,
    logged,
    lookAgain: () => discovery.look(),
    served: () => [...discovery.turns.keys()],
    /** Looks once. Returns the accounts that are served then. */
    async look(): Promise<string[]> {
      await discovery.look();
      const served = [...discovery.turns.keys()];
      drain.ask('SIGTERM');
      return served;
    },
  };
}

it('serves the other accounts if the lease of one is damaged, and says so', async () => {
  const [damaged, sound] = ['a'.repeat(32), 'b'.repeat(32)];
  const { queue, logged, look } = await world([damaged, sound], [damaged, sound]);
  await queue.redis.set(leaseKey(damaged), 'a text');
  expect(await look()).toEqual([sound]);
  expect(logged).toEqual([[expect.stringContaining('lease of an account cannot be read: WRONGTYPE'), 'aaaaaaaa']]);
});

it('says that a key is missing, unless another worker has the account', async () => {
  const [served, waiting] = ['c'.repeat(32), 'd'.repeat(32)];
  const { queue, logged, look } = await world([served, waiting], []);
  await takeLease(queue, served, { token: 'other', owner: { what: 'apply', host: 'here', pid: 1 }, ttlMs: 60_000 });
  expect(await look()).toEqual([]);
  expect(logged).toEqual([[expect.stringContaining('whose key this worker does not have'), 'dddddddd']]);
});

it('takes some of many accounts at each look, and not the first ones, so that another worker takes others', async () => {
  const accounts = Array.from({ length: 50 }, (_, at) => String(at).padStart(32, '0'));
  const { lookAgain, served, look } = await world(accounts, accounts);
  await lookAgain();
  expect(served()).toHaveLength(20);
  expect(served().toSorted()).not.toEqual(accounts.slice(0, 20));
  await lookAgain();
  expect(served()).toHaveLength(40);
  expect((await look()).toSorted()).toEqual(accounts);
});
