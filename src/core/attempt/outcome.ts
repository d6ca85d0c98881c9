/** How a row can end. */
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

/** Telnyx: 'Missing association' and 'associated resource does not exist', which for this call is the profile. */
const PROFILE_CODES = new Set(['10013', '10017']);
const PROFILE_POINTER = '/messaging_profile_id';

/** Whether a failure is about the target profile, and not about the number. */
export function namesProfile({ errorCode, errorPointer }: Pick<Outcome, 'errorCode' | 'errorPointer'>): boolean {
  return PROFILE_CODES.has(errorCode) || errorPointer === PROFILE_POINTER;
}

/** The end of one row that was sent, as the ledger keeps it. Empty text means unknown or not asked for. */
export type Outcome = {
  row: number;
  status: 'updated' | 'unchanged' | 'failed' | 'unverified' | 'held';
  reason: string;
  /** Whether sending the row again later may help (a temporary failure). */
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
