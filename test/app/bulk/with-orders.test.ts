import { expect, it } from 'vitest';
import { type OrderRun, sendWithOrders } from '../../../src/app/bulk/with-orders.ts';
import type { Run } from '../../../src/app/run/open.ts';
import type { StopCause } from '../../../src/core/attempt/stop-reason.ts';
import { noOrders } from '../../../src/core/ledger/orders.ts';
import { emptyIndex } from '../../../src/core/ledger/replay.ts';
import { newOrderState } from '../../../src/engine/bulk/bulk.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { resolveLayers } from '../../support/make.ts';

it.each([
  ['is a warning beside another stop', { reason: 'signal', detail: 'SIGINT' }, ['tags']],
  ['is what the run stops with', { reason: 'order_mismatch', detail: 'tags' }, []],
] as const)('what an order has changed that it must not %s', async (_, stopped: StopCause, expected) => {
  const context = contextOf();
  const on = {
    run: { manifest: { source: null, plan: { change: 3 } } } as unknown as Run,
    state: newOrderState(),
    isAsked: true,
    ports: {} as OrderRun['ports'],
    patienceMs: 1000,
    reporting: { settings: resolveLayers({}).settings, context },
    send: async () => ({ stopped, failure: null }),
    readLedger: async () => ({ ...emptyIndex(3), orders: { ...noOrders(), mismatch: 'tags' } }),
  };
  expect((await sendWithOrders(on, emptyIndex(3))).stopped).toEqual(stopped);
  const text = 'after a bulk order the account is not as it must be: ';
  expect(context.warnings).toEqual(expected.map((what) => `${text}${what}`));
});
