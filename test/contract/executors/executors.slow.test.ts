import pLimit from 'p-limit';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkFiles } from '../../chaos/queue/checks/key-search.ts';
import { KEY } from '../../support/program/environment.ts';
import { workDirectory } from '../../support/program/workspace.ts';
import { startRedis } from '../../support/queue/redis-server.ts';
import { startWorker } from '../../support/queue/worker.ts';
import { carryOut, type Result, sameOf } from './carry-out.ts';
import { CASES } from './cases.ts';

/** Most cases wait: for the end of a pause, for a worker. */
const AT_A_TIME = 6;

describe('the executor in the process and the queue leave the same behind', () => {
  const results = new Map<string, { here: Result; there: Result }>();
  const found: string[] = [];

  beforeAll(async () => {
    const dir = workDirectory();
    const redis = await startRedis(dir);
    const worker = startWorker(workDirectory(), ['--queue', redis.url]);
    const env = { TELNYX_REASSIGN_QUEUE: redis.url };
    const limit = pLimit(AT_A_TIME);
    const carryOutBoth = CASES.map((one) =>
      limit(async () => {
        results.set(one.name, { here: await carryOut(one, {}), there: await carryOut(one, env) });
      }),
    );
    await Promise.all(carryOutBoth);
    expect((await worker.stop()).exit).toBe(0);
    await redis.kill();
    await checkFiles(dir, KEY, (_, text) => found.push(text));
  }, 300_000);

  it.each(CASES)('after $name', (one) => {
    const { here, there } = results.get(one.name) as { here: Result; there: Result };
    expect(here.exits).toEqual(one.exits);
    expect(here.handedOver).not.toContain(true);
    expect(there.handedOver).toEqual(there.handedOver.map(() => one.isSent ?? true));
    expect(sameOf(one, there)).toEqual(sameOf(one, here));
  });

  it('and Redis has never written the key to a file', () => {
    expect(found).toEqual([]);
  });
});
