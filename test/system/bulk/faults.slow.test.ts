import { describe, expect, it } from 'vitest';
import { parseListCap, type SandboxOptions } from '../../../src/sandbox/server.ts';
import {
  blindRepeats,
  type Faults,
  orderPlace,
  ordersTo,
  resultOf,
  strangersMoved,
  untrueRows,
} from '../../support/bulk/orders.ts';
import { paste } from '../../support/program/run.ts';
import { logOf, numberId, summaryOf } from '../../support/program/workspace.ts';

const ROWS = 75;
/** What a run of this many rows orders if nothing is wrong. */
const SIZES = [1, 10, 50, 14];
const PHONE = '+18000000020';

/** How a first command ends. `counts`: the rows by status, other than `updated`. */
type Expected = {
  sizes: number[];
  exit?: number;
  counts?: Record<string, number>;
  strangers?: number[];
  says?: string[];
};

/** Runs until no next command is printed, at most three times, and returns how the last one ended. */
async function finish(cwd: string): Promise<number | null> {
  let exit: number | null = 0;
  for (let n = 0; n < 3; n += 1) {
    const next = summaryOf(cwd).next_command;
    if (next === null) break;
    ({ exit } = await paste(cwd, next));
  }
  return exit;
}

async function check(faults: Faults, options: SandboxOptions, expected: Expected) {
  const { sizes, exit = 0, counts = {}, strangers = [], says = [] } = expected;
  const place = await orderPlace(ROWS, faults, options);
  const { sandbox, cwd } = place;
  const ended = await place.apply();
  const left = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const updated = left === ROWS ? {} : { updated: ROWS - left };
  expect({
    exit: ended.exit,
    sizes: ordersTo(sandbox).map((numbers) => numbers.length),
    result: resultOf(cwd),
    untrue: untrueRows(place),
    strangers: strangersMoved(sandbox, ROWS),
    repeats: blindRepeats(sandbox),
  }).toEqual({
    exit,
    sizes,
    result: { ...updated, ...counts, orders: sizes.length },
    untrue: [],
    strangers,
    repeats: [],
  });
  for (const text of says) expect(ended.stderr + ended.stdout).toContain(text);
  return place;
}

type Row = [name: string, faults: Faults, expected: Expected, options?: SandboxOptions];

const bulk = (...forms: string[]): Faults => ({ bulk: forms });
const write = (...forms: string[]): Faults => ({ write: forms });

describe('a run by bulk orders ends with every row at its target', () => {
  it.each<Row>([
    ['nothing is wrong', {}, { sizes: SIZES }],
    ['orders are limited (422)', bulk('refuse=30'), { sizes: [1, 10, 50, 25, 25, 14] }],
    ['orders are limited (400)', bulk('refuse=30:400'), { sizes: [1, 10, 50, 25, 25, 14] }],
    ['orders are limited (413)', bulk('refuse=30:413'), { sizes: [1, 10, 50, 25, 25, 14] }],
    ['orders are limited to few', bulk('refuse=5'), { sizes: [1, 10] }],
    ['orders are cut', bulk('cut=30'), { sizes: SIZES }],
    ['orders are cut to few', bulk('cut=5'), { sizes: [1, 10] }],
    ['some numbers fail', bulk('failed=0.2'), { sizes: SIZES }],
    ['some numbers are said to fail', bulk('failed-moved=0.2'), { sizes: SIZES }],
    ['some numbers are said to have moved', bulk('not-kept=0.2'), { sizes: SIZES }],
    ['an order does nothing', write('not-kept@bulk-orders#3'), { sizes: SIZES }],
    ['an order is late', bulk('late=0.03'), { sizes: SIZES }],
    ['an order is late, for two reads', bulk('late*2'), { sizes: SIZES }],
    ['an order is late, and says it is not', bulk('late-success=0.02#3'), { sizes: SIZES }],
    ['an order never ends, though it is carried out', bulk('pending-moved=1#3'), { sizes: [1, 10, 50] }],
    ['an order expires', bulk('expired=1#3'), { sizes: [1, 10, 50] }],
    ['an order expires, though it is carried out', bulk('expired-moved=1#3'), { sizes: SIZES }],
    ['orders are at the other path', bulk('path=other'), { sizes: [1, ...SIZES] }],
    ['there are no orders', bulk('path=none'), { sizes: [1, 1] }],
    ['orders are not allowed (405)', write('405@bulk-orders', '501@bulk-orders-2'), { sizes: [1, 1] }],
    ['orders are refused for another reason', write('403-row@bulk-orders#3-'), { sizes: [1, 10, 50] }],
    ['orders have no id', bulk('no-id'), { sizes: SIZES }],
    ['orders have no lists', bulk('no-lists'), { sizes: SIZES }],
    ['lists lag', bulk('lag*3'), { sizes: SIZES }],
    ['lists lag longer than orders may', bulk('lag*100'), { sizes: [1] }],
    ['lists lag after one order', bulk('lag*100#3'), { sizes: [1, 10, 50] }],
    ['the API is busy', write('429@bulk-orders#3'), { sizes: [1, 10, 50, 50, 14] }],
    ['lists take few phone numbers', {}, { sizes: SIZES }, { listCap: parseListCap('20') }],
    ['lists cut phone numbers', {}, { sizes: SIZES }, { listCap: parseListCap('20:silent') }],
    ['lists ignore their filters', {}, { sizes: [] }, { ignoreFilters: ['numbers'] }],
  ])('if %s', async (_, faults, expected, options = {}) => {
    await check(faults, options, expected);
  });

  it.each(['500-after', '503-after', 'reset-after', 'cut', 'cut-json', 'empty', 'huge'])(
    'if the answer to an order is lost: %s',
    async (kind) => {
      await check(write(`${kind}@bulk-orders#3`), {}, { sizes: SIZES });
    },
  );
});

describe('a row that a bulk order does not move gets its reason by PATCH', () => {
  it('if the API refuses it', async () => {
    const faults = { bulk: [`failed@${PHONE}`], write: [`422@${numberId(20)}`] };
    await check(faults, {}, { sizes: SIZES, exit: 4, counts: { failed: 1 }, says: ['10027'] });
  });
});

describe('an order that may still be carried out', () => {
  it.each(['500', '503-bare', '504', '502-html', 'reset'])('because its answer is %s stays open', async (kind) => {
    const { cwd } = await check(
      write(`${kind}@bulk-orders#3`),
      {},
      { sizes: [1, 10, 50], exit: 11, counts: { unverified: 50 } },
    );
    expect(summaryOf(cwd).next_command).toContain('resume');
  });
});

describe('a bulk order that does more than it must', () => {
  it.each<Row>([
    ['moves a number that the input does not name', bulk('foreign=1#3'), { sizes: [1, 10, 50], strangers: [80] }],
    ['moves it with the first order', bulk('foreign=1#1'), { sizes: [1], strangers: [80] }],
    ['changes the product', bulk('also=product#3'), { sizes: [1, 10, 50] }],
    ['changes the traffic type', bulk('also=traffic#3'), { sizes: [1, 10, 50] }],
    ['changes the tags of one number', bulk(`also=tags@${PHONE}`), { sizes: [1, 10, 50] }],
    ['changes the features', bulk('also=features#2'), { sizes: [1, 10] }],
    ['moves it late', bulk('foreign=1#3', 'late*2#3'), { sizes: [1, 10, 50], strangers: [80] }],
    ['moves it, and lists lag', bulk('foreign=1#3', 'lag*3#3'), { sizes: [1, 10, 50], strangers: [80] }],
    [
      'moves it, and its answer is lost',
      { bulk: ['foreign=1#3'], write: ['cut@bulk-orders#3'] },
      { sizes: [1, 10, 50], strangers: [80] },
    ],
  ])('stops the run: %s', async (_, faults, { sizes, ...others }) => {
    const unprocessed = ROWS - sizes.reduce((sum, size) => sum + size);
    const { cwd, sandbox } = await check(faults, {}, { ...others, sizes, exit: 6, counts: { unprocessed } });
    expect(logOf(cwd).filter(({ event }) => event === 'bulk.off')).toEqual([]);
    expect(summaryOf(cwd).error?.code).toBe('order_mismatch');
    expect(await finish(cwd)).toBe(0);
    expect([resultOf(cwd), ordersTo(sandbox).length]).toEqual([{ updated: ROWS, orders: sizes.length }, sizes.length]);
  });

  it('stops it also while the order may still move others, and for ever', async () => {
    const { cwd, sandbox } = await check(
      bulk('foreign=1#3-', 'pending=1#4-', `pending@${PHONE}#3`),
      {},
      { sizes: [1, 10, 50], strangers: [80], exit: 6, counts: { unverified: 1, unprocessed: 14 } },
    );
    sandbox.carryOutOrders();
    expect(await finish(cwd)).toBe(0);
    expect([resultOf(cwd), strangersMoved(sandbox, ROWS).length]).toEqual([{ updated: ROWS, orders: 3 }, 1]);
  });

  it('leaves rows unverified that an earlier order has not moved, and may move all the same', async () => {
    const place = await check(
      bulk('late-success=60#1', 'also=tags#2'),
      {},
      { sizes: [1, 1], exit: 6, counts: { unverified: 1, unprocessed: 73 } },
    );
    place.sandbox.carryOutOrders();
    expect([untrueRows(place), await finish(place.cwd), resultOf(place.cwd).unprocessed]).toEqual([[], 0, undefined]);
  });
});
