import type { Reason } from '../plan/reason.ts';

/** What results.csv says of a row. */
export const STATUSES = [
  'updated',
  'unchanged',
  'failed',
  'unverified',
  'held',
  'rejected',
  'duplicate',
  'unprocessed',
  'planned',
] as const;
export type Status = (typeof STATUSES)[number];

/** Telnyx: 'Missing association' and 'associated resource does not exist'; in this call the resource is the profile. */
const PROFILE_CODES = new Set(['10013', '10017']);
const PROFILE_POINTER = '/messaging_profile_id';

/** Whether a failure is about the target profile instead of the number. */
export function namesProfile({ errorCode, errorPointer }: Pick<Outcome, 'errorCode' | 'errorPointer'>): boolean {
  return PROFILE_CODES.has(errorCode) || errorPointer === PROFILE_POINTER;
}

/** The statuses of rows that a run tried to send. */
export const OUTCOME_STATUSES = ['updated', 'unchanged', 'failed', 'unverified', 'held'] as const satisfies Status[];

/** How one row ended that a run tried to send, as the ledger keeps it. Empty text means unknown or not asked for. */
export type Outcome = {
  row: number;
  status: (typeof OUTCOME_STATUSES)[number];
  reason: Reason | '';
  /** Whether the failure is temporary, so that sending the row again later may help. */
  retryable: boolean;
  profileAfter: string;
  productAfter: string;
  httpStatus: number | null;
  errorCode: string;
  errorTitle: string;
  errorDetail: string;
  errorPointer: string;
  attempts: number;
  durationMs: number;
  requestId: string;
  /** ISO 8601 UTC. */
  finishedAt: string;
};
