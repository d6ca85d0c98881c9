import { describe, expect, it } from 'vitest';
import { fastClock } from '../../support/bulk/fast-clock.ts';
import { blindRepeats, type Faults, orderPlace, ordersTo, resultOf, untrueRows } from '../../support/bulk/orders.ts';
import { profileOf } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { flip } from '../../support/program/waves.ts';
import { lastRun, PROFILE, summaryOf, THIRD, table } from '../../support/program/workspace.ts';

const ROWS = 75;
const MINUTE = 60_000;

/** A run whose third order, of 50 rows, has moved nothing when its patience is over. */
async function pendingRun(faults: Faults = { bulk: ['pending=1#3'] }) {
  const place = await orderPlace(ROWS, faults);
  const { exit, stderr } = await place.apply();
  const { cwd, sandbox } = place;
  expect([exit, resultOf(cwd)]).toEqual([11, { updated: 25, unverified: 50, orders: 3 }]);
  const resume = () => paste(cwd, summaryOf(cwd).next_command ?? '');
  /** The numbers of the rows that wait, counted from 1. */
  const waiting = table(cwd, 'results.csv').flatMap(({ row, status }) =>
    status === 'unverified' ? [Number(row)] : [],
  );
  return { ...place, stderr, resume, waiting, orders: () => ordersTo(sandbox).length };
}

async function expectDone({ cwd, sandbox }: Awaited<ReturnType<typeof pendingRun>>, updated = ROWS) {
  expect([resultOf(cwd).updated, untrueRows({ cwd, sandbox }), blindRepeats(sandbox)]).toEqual([updated, [], []]);
  expect(summaryOf(cwd).next_command).toBeNull();
}

describe('an order that has numbers pending when its patience is over', () => {
  it('leaves them unverified, with its id, and no other row waits for it', async () => {
    const { cwd, sandbox } = await pendingRun();
    const [row] = table(cwd, 'results.csv').filter(({ status }) => status === 'unverified');
    const [, , order] = sandbox.snapshot().bulk_orders ?? [];
    expect(row?.reason).toBe('order_pending');
    expect(row?.error_detail).toContain(order?.order_id ?? 'no order');
  });

  it('is looked at again by a resume, which sends nothing to its rows', async () => {
    const run = await pendingRun();
    const { exit } = await run.resume();
    expect([exit, resultOf(run.cwd), run.orders()]).toEqual([11, { updated: 25, unverified: 50, orders: 3 }, 3]);
    expect([untrueRows(run), blindRepeats(run.sandbox)]).toEqual([[], []]);
  });

  it('is found done by a resume', async () => {
    const run = await pendingRun();
    run.sandbox.carryOutOrders();
    expect([(await run.resume()).exit, run.orders()]).toEqual([0, 3]);
    await expectDone(run);
  });

  it('is given up once nothing has changed for 20 minutes: its rows go by PATCH', async () => {
    const run = await pendingRun();
    fastClock(21 * MINUTE);
    expect([(await run.resume()).exit, run.orders()]).toEqual([0, 3]);
    await expectDone(run);
  });

  it('is not given up a minute earlier', async () => {
    const run = await pendingRun();
    fastClock(19 * MINUTE);
    expect((await run.resume()).exit).toBe(11);
  });

  it('may move numbers over newer changes, so a changed one waits too', async () => {
    const run = await pendingRun();
    const n = run.waiting[0] ?? 0;
    flip(run.sandbox, n, THIRD);
    expect((await run.resume()).exit).toBe(11);
    run.sandbox.carryOutOrders();
    expect([(await run.resume()).exit, profileOf(run.sandbox, n)]).toEqual([0, PROFILE]);
    await expectDone(run);
  });

  it('never changes a number that was changed meanwhile, once it is given up', async () => {
    const run = await pendingRun();
    const n = run.waiting[0] ?? 0;
    flip(run.sandbox, n, THIRD);
    fastClock(21 * MINUTE);
    const { exit } = await run.resume();
    expect([exit, profileOf(run.sandbox, n), resultOf(run.cwd)]).toEqual([
      4,
      THIRD,
      { updated: 74, held: 1, orders: 3 },
    ]);
  });

  it('keeps the run from being undone or retried', async () => {
    const { cwd, resume, sandbox } = await pendingRun();
    const dir = lastRun(cwd);
    for (const verb of ['undo', 'retry']) {
      const { exit, stderr } = await run(cwd, [verb, dir, '--yes']);
      expect([verb, exit]).toEqual([verb, 8]);
      expect(stderr).toContain(`resume ${dir}`);
    }
    sandbox.carryOutOrders();
    await resume();
    expect((await run(cwd, ['undo', dir, '--yes'])).exit).toBe(0);
  });

  it('and is unknown or known only to the account, is read by its numbers', async () => {
    for (const faults of [{ bulk: ['no-id#3', 'pending=1#3'] }, { write: ['reset@bulk-orders#3'] }]) {
      const run = await pendingRun(faults);
      fastClock(21 * MINUTE);
      expect([(await run.resume()).exit, run.orders()]).toEqual([0, 3]);
      await expectDone(run);
    }
  });

  it('is carried out after its answer was lost: a resume finds it done', async () => {
    const run = await pendingRun({ bulk: ['pending=1#3'], write: ['500-after@bulk-orders#3'] });
    run.sandbox.carryOutOrders();
    expect([(await run.resume()).exit, run.orders()]).toEqual([0, 3]);
    await expectDone(run);
  });

  it('is finished by PATCH with --bulk off too, and never before it is read', async () => {
    const { cwd, sandbox } = await pendingRun();
    fastClock(21 * MINUTE);
    expect((await run(cwd, ['resume', lastRun(cwd), '--bulk', 'off'])).exit).toBe(0);
    expect([resultOf(cwd).updated, blindRepeats(sandbox)]).toEqual([ROWS, []]);
  });
});
