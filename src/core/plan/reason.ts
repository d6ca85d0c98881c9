import type { RejectionCode } from '../input/rejection.ts';

type ReasonDefinition = { statuses: readonly ('updated' | 'failed' | 'unverified' | 'held')[]; meaning: string };

/** Every reason with which a row that was not rejected can end. The documents are made from this table. */
export const REASONS = {
  confirmed_by_read: {
    statuses: ['updated'],
    meaning: 'the answer to the write was lost, or the row went by a bulk order, and a read shows the target',
  },
  api_error: { statuses: ['failed'], meaning: 'the API refused the row for good; the error columns say why' },
  attempts_exhausted: { statuses: ['failed', 'unverified'], meaning: 'the last of `--max-attempts` failed too' },
  response_mismatch: {
    statuses: ['failed', 'unverified'],
    meaning: 'the API answered 200, but the body does not show the target',
  },
  write_not_kept: {
    statuses: ['failed'],
    meaning: 'the API answered 200 and showed the target, but a read shows other values',
  },
  wave_not_kept: {
    statuses: ['failed'],
    meaning: 'the row was at its target, and a read after its wave (`--waves`) shows other values',
  },
  redirected: { statuses: ['failed'], meaning: 'the API answered with a redirect, which is never followed' },
  phone_number_mismatch: { statuses: ['failed'], meaning: 'the id belongs to another phone number' },
  not_at_target: { statuses: ['failed'], meaning: 'a read shows other values than the target' },
  read_failed: { statuses: ['unverified'], meaning: 'the number could not be read after its write' },
  interrupted: { statuses: ['unverified'], meaning: 'the run ended while the row was in flight' },
  order_pending: {
    statuses: ['unverified'],
    meaning: 'a bulk order may still move the number: it has not ended, and is not at rest',
  },
  drifted: { statuses: ['held'], meaning: 'the number changed after the plan was made' },
  profile_stopped: { statuses: ['held'], meaning: 'too many rows to the same profile failed, or an operator holds it' },
  not_found: { statuses: ['failed', 'held'], meaning: 'the account does not have this number' },
  profile_disabled: { statuses: ['held'], meaning: 'the target profile is disabled' },
  unknown_profile: { statuses: ['held'], meaning: 'the target profile does not exist' },
  before_unknown: { statuses: ['held'], meaning: '`undo`: the value from before was never read' },
  unread: { statuses: ['held'], meaning: '`undo`: the number could not be read' },
  not_eligible: { statuses: ['held'], meaning: '`undo`: the number is not eligible for its earlier product' },
} as const satisfies Record<string, ReasonDefinition>;

export type Reason = keyof typeof REASONS;

/** What stands in the column `reason` of plan.csv and results.csv; '' if the status says it all. */
export type RowReason = Reason | RejectionCode | '';

export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}
