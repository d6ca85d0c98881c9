import { describe, expect, it } from 'vitest';
import { fastClock } from '../../support/bulk/fast-clock.ts';
import { blindRepeats, orderPlace, ordersTo, resultOf, strangersMoved, untrueRows } from '../../support/bulk/orders.ts';
import { paste, run } from '../../support/program/run.ts';
import { runPreloaded } from '../../support/program/start.ts';
import { summaryOf } from '../../support/program/workspace.ts';

const ROWS = 75;
const MINUTE = 60_000;

/** Where the process is killed: before it writes this for the nth time. */
type Moment = [name: string, env: Record<string, string>];

const file = (text: string, nth = 3) => ({ KILL_AT_FILE: `"type":"${text}"`, KILL_AT_NTH: String(nth) });
const socket = (text: string, nth = 3) => ({ KILL_AT_SOCKET: text, KILL_AT_NTH: String(nth) });

const MOMENTS: Moment[] = [
  ['before an order is in the ledger', file('order_intent')],
  ['before an order is sent', socket('POST /v2/messaging_numbers_bulk_updates')],
  ['before it is known that an order was taken', file('order_placed')],
  ['before the first outcome of an order is in the ledger', file('outcome')],
  ['before an order has ended', file('order_ended')],
];

async function killed(env: Record<string, string>, faults: string[] = []) {
  const place = await orderPlace(ROWS, { bulk: faults });
  const { cwd, input, flags, sandbox } = place;
  const { signal } = await runPreloaded(
    'kill-at.mjs',
    cwd,
    ['apply', input, '--bulk', 'auto', '--bulk-patience', '10s', ...flags],
    env,
  );
  expect(signal).toBe('SIGKILL');
  return { ...place, sent: ordersTo(sandbox).length };
}

describe('a run that is killed', () => {
  it.each(MOMENTS)('%s loses and repeats nothing', async (_, env) => {
    const { cwd, sandbox } = await killed(env);
    let { exit } = await run(cwd, ['resume']);
    if (exit === 11) {
      // An order that was never sent could still arrive for 20 minutes.
      expect(untrueRows({ sandbox, cwd })).toEqual([]);
      fastClock(21 * MINUTE);
      ({ exit } = await paste(cwd, summaryOf(cwd).next_command ?? ''));
    }
    expect([exit, resultOf(cwd).updated, untrueRows({ sandbox, cwd })]).toEqual([0, ROWS, []]);
    expect([blindRepeats(sandbox), strangersMoved(sandbox, ROWS)]).toEqual([[], []]);
  });

  it.each(MOMENTS)('%s, while orders are late, loses and repeats nothing', async (_, env) => {
    const { cwd, sandbox } = await killed(env, ['late*2']);
    let { exit } = await run(cwd, ['resume']);
    if (exit === 11) {
      sandbox.carryOutOrders();
      fastClock(21 * MINUTE);
      ({ exit } = await paste(cwd, summaryOf(cwd).next_command ?? ''));
    }
    expect([exit, resultOf(cwd).updated, untrueRows({ sandbox, cwd })]).toEqual([0, ROWS, []]);
    expect([blindRepeats(sandbox), strangersMoved(sandbox, ROWS)]).toEqual([[], []]);
  });

  it.each(MOMENTS.slice(2))('%s stops when it is resumed if the order has moved a foreign number', async (_, env) => {
    const { cwd, sandbox } = await killed(env, ['foreign=1#3-']);
    fastClock(15 * MINUTE);
    expect((await run(cwd, ['resume'])).exit).toBe(6);
    expect((await paste(cwd, summaryOf(cwd).next_command ?? '')).exit).toBe(0);
    expect([ordersTo(sandbox).length, strangersMoved(sandbox, ROWS)]).toEqual([3, [ROWS + 5]]);
    expect([resultOf(cwd).updated, untrueRows({ sandbox, cwd })]).toEqual([ROWS, []]);
  });
});
