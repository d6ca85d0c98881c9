import pLimit from 'p-limit';
import { beforeAll, describe, expect, it } from 'vitest';
import { carryOut, type Result, sameOf } from './carry-out.ts';
import { CASES } from './cases.ts';

/** Most cases wait: for the end of a pause, for a worker. */
const AT_A_TIME = 6;

describe('the executor in the process and the queue leave the same behind', () => {
  const results = new Map<string, { here: Result; there: Result }>();

  beforeAll(async () => {
    const limit = pLimit(AT_A_TIME);
    const carryOutBoth = CASES.map((one) =>
      limit(async () => {
        const here = await carryOut(one, {});
        results.set(one.name, { here, there: await carryOut(one, {}) });
      }),
    );
    await Promise.all(carryOutBoth);
  }, 300_000);

  it.each(CASES)('after $name', (one) => {
    const { here, there } = results.get(one.name) as { here: Result; there: Result };
    expect(here.exits).toEqual(one.exits);
    expect(sameOf(one, there)).toEqual(sameOf(one, here));
  });
});
