import { count, thousands } from '../text/text.ts';
import { type OrderEstimate, patchRows } from './estimate.ts';

/** From this number of rows on, the plan names --bulk auto to those who have not. */
const MIN_ROWS_OF_HINT = 1000;

/** Why rows go by PATCH, in the order in which it is said. */
const WHY: Record<keyof OrderEstimate['patch'], string> = {
  product: 'with a product',
  unassign: 'to no profile',
  few: 'too few for an order',
  phone: 'without a phone number',
  unread: 'with an unknown profile',
};

function whyText({ patch }: OrderEstimate): string {
  const reasons = (Object.keys(WHY) as (keyof typeof WHY)[]).filter((reason) => patch[reason] > 0);
  return reasons.map((reason) => `${count(patch[reason], 'row')} ${WHY[reason]}`).join(', ');
}

/** What a plan says of --bulk auto, and how many requests it takes; null if there are no orders. */
export type OrderPlan = { lines: string[]; requests: number | null };

/** `estimate` is null for a plan that was made without reading the account. */
export function orderPlan(estimate: OrderEstimate | null): OrderPlan {
  if (estimate === null) {
    const line = 'No bulk orders (--bulk auto): they need the account, which --offline does not read';
    return { lines: [line], requests: null };
  }
  const { rows, profiles, orders, requests } = estimate;
  const byPatch = patchRows(estimate);
  const others = byPatch === 0 ? [] : [`By PATCH: ${whyText(estimate)}`];
  if (orders === 0) return { lines: ['No bulk orders (--bulk auto)', ...others], requests: null };
  const cost = `about ${count(orders, 'order')} with ${count(requests, 'request')}`;
  const line = `By bulk orders (--bulk auto): ${count(rows, 'row')} to ${count(profiles, 'profile')}, ${cost}`;
  return { lines: [line, ...others], requests: requests + byPatch };
}

/** Names --bulk auto if many rows could go by orders; '' if not. */
export function orderHint({ rows, requests }: OrderEstimate): string {
  if (rows < MIN_ROWS_OF_HINT) return '';
  return `with --bulk auto, ${thousands(rows)} of these rows would take about ${count(requests, 'request')}; see docs/bulk.md`;
}
