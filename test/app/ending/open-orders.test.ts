import { expect, it } from 'vitest';
import { afterOrders, checkNotForWorkers } from '../../../src/app/ending/open-orders.ts';
import { noOrders } from '../../../src/core/ledger/orders.ts';
import type { Source } from '../../../src/core/settings/resolve.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { makeRun } from '../../support/app/run-directories.ts';
import { resolveLayers } from '../../support/make.ts';
import { makeOpenOrder } from '../../support/make-order.ts';
import { tempDir } from '../../support/temp.ts';

const context = contextOf();
const order = makeOpenOrder();
const open = { ...noOrders(), open: new Map([[3, order]]), byRow: new Map(order.rows.map((row) => [row, order])) };

it('a run with an open order is not handed over to workers, who could not end it', () => {
  const run = makeRun(tempDir(), 1);
  const check = (source: Source, orders = open, queue: string | null = 'redis://127.0.0.1') => {
    const { settings, sources } = resolveLayers({});
    const given = { settings: { ...settings, queue }, sources: { ...sources, queue: source }, context };
    return () => checkNotForWorkers(run, { orders }, given);
  };
  expect(check('flag')).toThrow(/may still move 2 rows;.* No worker can end it: leave out --queue, then: .* resume /);
  expect(check('environment')).toThrow('No worker can end it: unset TELNYX_REASSIGN_QUEUE, then:');
  expect(check('flag', noOrders())).not.toThrow();
  expect(check('flag', open, null)).not.toThrow();
});

it('a run that follows one whose orders went wrong places none, unless a flag asks for them', () => {
  const bulkAfter = (mismatch: string | null, source: Source) => {
    const { settings, sources } = resolveLayers({ bulk: 'auto' });
    const given = { settings, sources: { ...sources, bulk: source }, context };
    return afterOrders(given, { orders: { ...noOrders(), mismatch } }).settings.bulk;
  };
  expect([bulkAfter('tags', 'run'), bulkAfter('tags', 'flag'), bulkAfter(null, 'run')]).toEqual([
    'off',
    'auto',
    'auto',
  ]);
});
