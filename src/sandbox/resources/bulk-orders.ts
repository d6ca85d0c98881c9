import { randomUUID } from 'node:crypto';
import type { Account } from '../account/account.ts';
import { withPhoneNumbers } from '../account/account.ts';
import type { SandboxOrder } from '../account/state.ts';
import type { WriteParts } from '../account/update.ts';
import { isUuid } from '../account/uuid.ts';
import { type BulkFault, faultsOf } from '../faults/bulk-faults.ts';
import { type Fate, judgeOrder, type Verdict } from '../faults/order-fate.ts';
import { type Body, isListOfStrings, isObject, refuseBody } from '../http/body.ts';
import { failure, type Reply, success } from '../http/reply.ts';
import { carryOut } from './carry-out.ts';

const MAX_KEPT_ORDERS = 1000;
const E164 = /^\+[1-9][0-9]{1,14}$/;
const REFUSALS = { '400': '10033', '413': '10015', '422': '10027' } as const;
const NOT_OWNED: Fate = { list: 'failed', moves: 'never' };

/** One of the two paths of bulk orders that are documented. */
export type OrderPath = 'usual' | 'other';

/** The bulk orders of an account. */
export type BulkOrders = {
  place(path: OrderPath, body: Body, parts?: WriteParts): Reply;
  read(path: OrderPath, id: string): Reply;
  /** Carries out what is due by now. */
  carryOutDue(): void;
  /** Carries out all that is still to be carried out. */
  carryOutAll(): void;
};

/** Opens the bulk orders of an account. Without faults, all numbers of an order move at once. */
export function openBulkOrders(account: Account, faults: readonly BulkFault[], seed: number): BulkOrders {
  const isThere = (path: OrderPath) => {
    const chosen = faults.findLast((fault) => fault.kind === 'path');
    const paths = chosen?.kind === 'path' ? chosen.path : 'usual';
    return paths === 'both' || paths === path;
  };
  let received = Math.max(0, ...Array.from(account.orders.values(), ({ nth = 0 }) => nth));
  const waiting = new Set([...account.orders.values()].filter((order) => waitingIn(order).length > 0));

  const finish = (order: SandboxOrder) => {
    waiting.delete(order);
    const moving = waitingIn(order);
    const due = faultsOf(faults, order.nth ?? 0).filter(({ kind }) => kind !== 'foreign' || !order.has_moved);
    carryOut(account, { numbers: moving, profile: order.messaging_profile_id }, due);
    const moved = new Set(moving);
    order.success = [...order.success, ...order.pending.filter((phoneNumber) => moved.has(phoneNumber))];
    order.pending = order.pending.filter((phoneNumber) => !moved.has(phoneNumber));
    order.waiting = [];
    order.has_moved = true;
  };

  const place = (path: OrderPath, body: Body, parts: WriteParts = {}) => {
    if (!isThere(path)) return failure(404, '10005');
    const wanted = refuseBody(body) ?? readOrder(account, body.value);
    if ('status' in wanted) return wanted;
    received += 1;
    const due = faultsOf(faults, received);
    const verdict = judgeOrder(due, seed, wanted.numbers);
    if (verdict.refusal !== null) return refuseSize(verdict.refusal);
    const order = newOrder({ nth: received, profile: wanted.profile }, verdict);
    const owned = new Set(withPhoneNumbers(account, verdict.numbers).map((number) => number.phone_number));
    const moving: string[] = [];
    for (const phoneNumber of verdict.numbers) {
      const { list, moves } = owned.has(phoneNumber) ? verdict.fateOf(phoneNumber) : NOT_OWNED;
      order[list].push(phoneNumber);
      if (parts.kept === 'nothing') continue;
      if (moves === 'now') moving.push(phoneNumber);
      if (moves === 'later') order.waiting.push(phoneNumber);
    }
    const target = { numbers: moving, profile: wanted.profile, sideEffect: parts.sideEffect };
    if (moving.length > 0) carryOut(account, target, due);
    order.has_moved = moving.length > 0;
    if (order.waiting.length > 0) waiting.add(order);
    keep(account, order);
    return showOrder(order);
  };

  const read = (path: OrderPath, id: string) => {
    const order = isThere(path) ? account.orders.get(id.toLowerCase()) : undefined;
    if (order === undefined) return failure(404, '10005');
    if (order.reads_left !== null && waiting.has(order)) {
      order.reads_left -= 1;
      if (order.reads_left <= 0) finish(order);
    }
    if (typeof order.reads_until_gone === 'number') {
      if (order.reads_until_gone === 0) return failure(404, '10005');
      order.reads_until_gone -= 1;
    }
    return showOrder(order);
  };

  return {
    place,
    read,
    carryOutDue: () => {
      for (const order of waiting) if (order.due_at && Date.parse(order.due_at) <= Date.now()) finish(order);
    },
    carryOutAll: () => waiting.forEach(finish),
  };
}

function newOrder({ nth, profile }: { nth: number; profile: string | null }, { delay, ...verdict }: Verdict) {
  return {
    order_id: randomUUID(),
    nth,
    messaging_profile_id: profile,
    success: [],
    pending: [],
    failed: [],
    waiting: [],
    has_moved: false,
    reads_left: delay.reads,
    due_at: delay.ms === null ? null : new Date(Date.now() + delay.ms).toISOString(),
    reads_until_gone: verdict.readsUntilGone,
    hidden_fields: verdict.hidden,
  } satisfies SandboxOrder as Required<SandboxOrder>;
}

function refuseSize({ status }: { status: keyof typeof REFUSALS }): Reply {
  return failure(Number(status), REFUSALS[status], { pointer: '/numbers' });
}

function waitingIn({ waiting, pending }: SandboxOrder): string[] {
  return waiting ?? pending;
}

function keep(account: Account, order: SandboxOrder): void {
  account.orders.set(order.order_id, order);
  const [oldest] = account.orders.keys();
  if (account.orders.size > MAX_KEPT_ORDERS && oldest !== undefined) account.orders.delete(oldest);
}

function readOrder(account: Account, value: unknown): { profile: string | null; numbers: string[] } | Reply {
  const { messaging_profile_id: profile, numbers, assign_only = false } = isObject(value) ? value : {};
  if (profile !== '' && !isUuid(profile)) return failure(400, '10015', { pointer: '/messaging_profile_id' });
  if (!isListOfStrings(numbers) || numbers.length === 0) return failure(400, '10015', { pointer: '/numbers' });
  if (typeof assign_only !== 'boolean') return failure(400, '10015', { pointer: '/assign_only' });
  const invalid = numbers.findIndex((number) => !E164.test(number));
  if (invalid >= 0) return failure(422, '10016', { pointer: `/numbers/${invalid}` });
  if (profile !== '' && !account.profiles.has(profile.toLowerCase())) {
    return failure(422, '10017', { pointer: '/messaging_profile_id' });
  }
  return { profile: profile.toLowerCase() || null, numbers: [...new Set(numbers)] };
}

function showOrder({ order_id, success: done, pending, failed, hidden_fields = [] }: SandboxOrder): Reply {
  const data: Record<string, unknown> = {
    record_type: 'messaging_numbers_bulk_update',
    order_id,
    success: [...done],
    pending: [...pending],
    failed: [...failed],
  };
  for (const name of hidden_fields) delete data[name];
  return success({ data });
}
