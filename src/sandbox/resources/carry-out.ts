import {
  type Account,
  changeNumber,
  lagLists,
  type NumberChange,
  sortedNumbers,
  withPhoneNumbers,
} from '../account/account.ts';
import { changeOfSideEffect, type SideEffect } from '../account/side-effects.ts';
import type { SandboxNumber } from '../account/state.ts';
import { featuresOf } from '../account/views.ts';
import type { BulkFault } from '../faults/bulk-faults.ts';

type Move = { numbers: readonly string[]; profile: string | null; sideEffect?: SideEffect | undefined };

/**
 * Moves phone numbers to a profile, whatever has changed on them since the order was placed. The faults of the order may
 * move further numbers, change other fields and let lists lag.
 */
export function carryOut(account: Account, { numbers, profile, sideEffect }: Move, faults: readonly BulkFault[]): void {
  const named = withPhoneNumbers(account, numbers);
  const lags = faults.flatMap((fault) => (fault.kind === 'lag' ? [fault.delay] : []));
  for (const number of [...named, ...foreignNumbers(account, { numbers, profile }, faults)]) {
    for (const { ms, reads } of lags) {
      lagLists(account, number, { untilMs: ms === null ? null : Date.now() + ms, requests: reads });
    }
    changeNumber(account, number, {
      messaging_profile_id: profile,
      ...changeOfSideEffect(number, sideEffect),
      ...otherChanges(number, faults),
    });
  }
}

/** Numbers that the order does not name: those that a fault names, or the last in the account on another profile. */
function foreignNumbers(account: Account, { numbers, profile }: Move, faults: readonly BulkFault[]): SandboxNumber[] {
  const named = new Set(numbers);
  return faults.flatMap((fault) => {
    if (fault.kind !== 'foreign') return [];
    if (fault.phoneNumber !== null) return withPhoneNumbers(account, [fault.phoneNumber]);
    return sortedNumbers(account)
      .filter((number) => !named.has(number.phone_number) && number.messaging_profile_id !== profile)
      .slice(-fault.count);
  });
}

function otherChanges(number: SandboxNumber, faults: readonly BulkFault[]): NumberChange {
  const change: NumberChange = {};
  for (const fault of faults) {
    if (fault.kind !== 'also' || (fault.phoneNumber ?? number.phone_number) !== number.phone_number) continue;
    const other = number.messaging_product === 'P2P' ? 'A2P' : 'P2P';
    if (fault.field === 'product') change.messaging_product = other;
    if (fault.field === 'traffic') change.traffic_type = other;
    if (fault.field === 'tags') change.tags = [...(number.tags ?? []), 'bulk'];
    if (fault.field === 'features') change.features = { ...featuresOf(number), mms: null };
  }
  return change;
}
