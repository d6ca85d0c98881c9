import { expect, it, vi } from 'vitest';
import { createEventReporter } from '../../../src/app/run/events.ts';
import type { ExecutorEvent } from '../../../src/engine/ports.ts';
import { createControl } from '../../../src/engine/sending/pipeline.ts';
import { realClock } from '../../../src/io/clock.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { printed } from '../../support/app/sources.ts';
import { http } from '../../support/engine/fake-world.ts';
import { resolveLayers } from '../../support/make.ts';

/** What the log and standard error say of events, and the progress after each. */
function reported(...events: ExecutorEvent[]) {
  const { settings } = resolveLayers({ rate: '5' });
  const context = contextOf();
  const log = vi.fn();
  const options = { settings, context, logger: { log, close: vi.fn() }, clock: realClock };
  const reporter = createEventReporter({ ...options, control: createControl(settings), total: 9, inFlight: () => 0 });
  const orders = events.map((event) => {
    reporter.onEvent(event);
    return reporter.state().order;
  });
  reporter.stop();
  const lines = log.mock.calls.map(([level, event, text, fields]) => ({ level, event, text, fields }));
  return { lines, orders, stderr: printed(context.stderr) };
}

const placed = {
  event: 'order.placed',
  order: 2,
  orderId: 'o-2',
  profile: 'p',
  success: 3,
  pending: 4,
  failed: 1,
} as const;
const ended = { event: 'order.ended', order: 2, result: 'done', why: '' } as const;

it('a bulk order is logged, and shown as long as it is at work', () => {
  const pending = { event: 'order.pending', order: 2, orderId: 'o-2', pending: 1 } as const;
  const { lines, orders } = reported(placed, ended, placed, pending);
  expect(lines.slice(0, 2)).toEqual([
    {
      ...{ level: 'info', event: 'order.placed', text: 'Bulk order 2 placed: 8 numbers, 4 pending' },
      fields: { order: 2, order_id: 'o-2', messaging_profile_id: 'p', success: 3, pending: 4, failed: 1 },
    },
    {
      ...{ level: 'info', event: 'order.ended', text: 'Bulk order 2 ended, and its numbers were read back' },
      fields: { order: 2, result: 'done', why: '' },
    },
  ]);
  expect(lines.at(-1)).toEqual({
    ...{
      level: 'warn',
      event: 'order.pending',
      text: 'Bulk order 2 may still move 1 number: resume continues with it',
    },
    fields: { order: 2, order_id: 'o-2', pending: 1 },
  });
  expect(orders).toEqual([{ number: 2, pending: 4 }, null, { number: 2, pending: 4 }, null]);
});

it.each([
  ['refused', 'warn'],
  ['still', 'warn'],
  ['mismatch', 'error'],
] as const)('a bulk order that ended as %s is logged as %s', (result, level) => {
  expect(reported({ ...ended, result, why: 'the reason' }).lines).toMatchObject([
    { level, fields: { why: 'the reason' } },
  ]);
});

it('why no more bulk orders are placed is logged and printed', () => {
  const { lines, stderr } = reported({ event: 'bulk.off', why: 'the API has none' });
  expect(lines).toMatchObject([{ level: 'warn', event: 'bulk.off', text: 'No more bulk orders: the API has none' }]);
  expect(stderr).toContain('No more bulk orders: the API has none. The other rows are sent one by one.\n');
});

it('a failed attempt to place a bulk order is logged as any other', () => {
  const answer = http(503, '10007');
  const failed = {
    event: 'order.failed',
    order: 3,
    attempt: 1,
    answer,
    description: 'HTTP 503',
    retryInMs: null,
  } as const;
  expect(reported(failed).lines).toMatchObject([
    {
      ...{ level: 'warn', event: 'attempt.failed', text: 'HTTP 503' },
      fields: { method: 'POST', order: 3, attempt: 1, http_status: 503, error_code: '10007', retry_in_ms: null },
    },
  ]);
});
