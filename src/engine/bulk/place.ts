import type { OrderRequest } from '../../core/api/parse-order.ts';
import type { Answer, ShownOrder } from '../../core/api/response.ts';
import { isOutageAnswer } from '../../core/attempt/classify.ts';
import { classifyOrder, NO_ORDER_PATH, ORDER_TOO_LARGE } from '../../core/attempt/classify-order.ts';
import { formatDuration } from '../../core/text/duration.ts';
import type { Ports } from '../ports.ts';
import { describeAnswer } from '../reading/account-query.ts';
import type { RequestContext, RequestSpec } from '../sending/request.ts';
import { requestWithRetry } from '../sending/request-loop.ts';

/** The requests of the API about bulk orders. */
export type OrderPorts = {
  placeOrder: (request: OrderRequest, onSent: () => void) => Promise<Answer>;
  readOrder: (named: Pick<OrderRequest, 'path'> & { id: string }, onSent: () => void) => Promise<Answer>;
};

/** `context`: of a pipeline in which no other row is at work, so that nothing waits for what others show. */
export type PlaceParts = {
  context: RequestContext;
  ports: Pick<OrderPorts, 'placeOrder'>;
  onEvent: Ports['onEvent'];
};

/** `number`: of the order in its run. `isWanted`: whether it is still to be sent when its turn comes. */
export type OrderToPlace = OrderRequest & { number: number; isWanted: () => boolean };

/**
 * How the attempt to place an order has ended. `refused`: the API did not take it, and `isTooLarge` if it may take a
 * smaller one. `no_path`: the API has no such endpoint. `unknown`: it may have been taken, and must not be sent again.
 * `not_sent`: the run is to stop, or the order is no longer wanted.
 */
export type Placed =
  | { kind: 'placed'; order: ShownOrder }
  | { kind: 'refused'; description: string; isTooLarge: boolean }
  | { kind: 'no_path' }
  | { kind: 'unknown' }
  | { kind: 'not_sent' };

/** What the last answer says about an order that has been sent. */
function placedAs(answer: Answer): Placed {
  const meaning = classifyOrder(answer);
  if (answer.kind === 'http' && answer.body.kind === 'order' && meaning.kind === 'confirmed') {
    return { kind: 'placed', order: answer.body.order };
  }
  if (meaning.kind === 'retry' && meaning.ambiguous) return { kind: 'unknown' };
  if (answer.kind === 'network') return { kind: 'not_sent' };
  const { status } = answer;
  if (NO_ORDER_PATH.has(status)) return { kind: 'no_path' };
  return { kind: 'refused', description: describeAnswer(answer), isTooLarge: ORDER_TOO_LARGE.has(status) };
}

/**
 * Places an order with one POST, which is repeated only if it cannot have been carried out. Without a connection it is
 * repeated until the run stops.
 */
export async function placeOrder({ context, ports, onEvent }: PlaceParts, order: OrderToPlace): Promise<Placed> {
  const { clock, stop, limits } = context;
  const { number, isWanted, ...request } = order;
  const startedAt = clock.now();
  let last: Answer | null = null;
  const spec = (): RequestSpec => ({
    operation: 'write',
    // No read of the account has this one.
    row: Number.MIN_SAFE_INTEGER + number,
    order: 'place',
    describe: () => `order ${number}`,
    async send(onSent) {
      last = await ports.placeOrder(request, onSent);
      return last;
    },
    classify: classifyOrder,
    attempts: { sent: 0, used: 0 },
    requests: { sent: 0 },
    onSending: () => undefined,
    onFailed: (answer, attempt, retryInMs) =>
      onEvent({
        event: 'order.failed',
        order: number,
        attempt,
        answer,
        description: describeAnswer(answer),
        retryInMs,
      }),
    isWanted,
    isAllowedAfterStop: () => false,
  });
  for (;;) {
    const result = await requestWithRetry(spec(), context);
    if (result.kind === 'requeued') {
      // Only an answer that ends the run can be one after which the order may have been carried out.
      const placed: Placed = last === null ? { kind: 'not_sent' } : placedAs(last);
      return placed.kind === 'placed' || placed.kind === 'unknown' ? placed : { kind: 'not_sent' };
    }
    const { answer } = result;
    if (result.kind !== 'exhausted' || !isOutageAnswer(answer)) return placedAs(answer);
    if (clock.now() - startedAt < limits.outage_patience) continue;
    const waited = `for ${formatDuration(limits.outage_patience)} (--outage-patience)`;
    stop.ask('outage', `order ${number} could not be sent ${waited}: ${describeAnswer(answer)}`);
    return { kind: 'not_sent' };
  }
}
