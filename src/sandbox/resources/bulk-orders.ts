import { randomUUID } from 'node:crypto';
import { type Account, changeNumber, withPhoneNumbers } from '../account/account.ts';
import { changeOfSideEffect, type SideEffect } from '../account/side-effects.ts';
import type { SandboxOrder } from '../account/state.ts';
import type { WriteParts } from '../account/update.ts';
import { isUuid } from '../account/uuid.ts';
import { type BulkFault, judgeOrder } from '../faults/bulk-faults.ts';
import { type Body, isListOfStrings, isObject, refuseBody } from '../http/body.ts';
import { failure, type Reply, success } from '../http/reply.ts';

const MAX_KEPT_ORDERS = 1000;
const E164 = /^\+[1-9][0-9]{1,14}$/;

export type BulkSettings = { faults: readonly BulkFault[]; seed: number };

/** Places an order to move numbers to one profile. Without faults, all numbers of the account move at once. */
export function placeOrder(account: Account, body: Body, settings: BulkSettings, parts: WriteParts = {}): Reply {
  const refusal = refuseBody(body);
  if (refusal !== null) return refusal;
  const wanted = readOrder(account, body.value);
  if ('status' in wanted) return wanted;
  const verdict = judgeOrder(settings.faults, settings.seed, wanted.numbers);
  if (verdict.isRefused) return failure(422, '10027', { pointer: '/numbers' });
  const order: SandboxOrder = {
    order_id: randomUUID(),
    messaging_profile_id: wanted.profile,
    success: [],
    pending: [],
    failed: [],
    reads_left: verdict.reads,
  };
  const owned = new Set(withPhoneNumbers(account, verdict.numbers).map((number) => number.phone_number));
  for (const phoneNumber of verdict.numbers) {
    order[owned.has(phoneNumber) ? verdict.fate(phoneNumber) : 'failed'].push(phoneNumber);
  }
  if (parts.kept !== 'nothing') move(account, order.success, order.messaging_profile_id, parts.sideEffect);
  account.orders.set(order.order_id, order);
  const [oldest] = account.orders.keys();
  if (account.orders.size > MAX_KEPT_ORDERS && oldest !== undefined) account.orders.delete(oldest);
  return showOrder(order);
}

/** Reads an order. What is pending for a count of reads is carried out at the last of them. */
export function readOrderStatus(account: Account, id: string): Reply {
  const order = account.orders.get(id.toLowerCase());
  if (order === undefined) return failure(404, '10005');
  if (order.reads_left !== null && order.pending.length > 0) {
    order.reads_left -= 1;
    if (order.reads_left <= 0) {
      move(account, order.pending, order.messaging_profile_id);
      order.success.push(...order.pending.splice(0));
    }
  }
  return showOrder(order);
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

function move(
  account: Account,
  phoneNumbers: readonly string[],
  profile: string | null,
  sideEffect?: SideEffect,
): void {
  for (const number of withPhoneNumbers(account, phoneNumbers)) {
    changeNumber(account, number, { messaging_profile_id: profile, ...changeOfSideEffect(number, sideEffect) });
  }
}

function showOrder({ order_id, success: done, pending, failed }: SandboxOrder): Reply {
  return success({
    data: {
      record_type: 'messaging_numbers_bulk_update',
      order_id,
      success: [...done],
      pending: [...pending],
      failed: [...failed],
    },
  });
}
