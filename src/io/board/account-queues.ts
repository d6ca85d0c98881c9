import type { Queue as Jobs } from 'bullmq';
import { RUNS_QUEUE, runsPrefix, shortAccount } from '../../core/queue/protocol.ts';
import { readAccounts } from '../queue/registry.ts';
import type { Queue } from '../redis/connection.ts';
import type { BoardQueue } from './queue-view.ts';

/** Returns a function that lists the queues of all accounts that runs were handed over for, each time it is called. */
export async function accountQueues(queue: Queue): Promise<() => Promise<BoardQueue[]>> {
  const { Queue: Jobs } = await import('../queue/bullmq.ts');
  const open = new Map<string, BoardQueue>();
  // Opening a queue usually writes its version.
  const options = (account: string) => ({
    connection: queue.redis,
    prefix: runsPrefix(account),
    skipMetasUpdate: true,
  });
  return async () => {
    // Commands wait for Redis as long as it takes, and a page should not.
    if (queue.lostSince() !== null) throw new Error('Redis does not answer');
    for (const [account, baseUrl] of await readAccounts(queue)) {
      if (open.has(account)) continue;
      const jobs: Jobs = new Jobs(RUNS_QUEUE, options(account));
      jobs.on('error', () => undefined);
      const name = shortAccount(account);
      open.set(account, { name, title: `${name} ${baseUrl}`, queue: jobs });
    }
    return [...open.values()];
  };
}
