/** How a row can end. `unchanged` and `held` come with reading the account. */
export const STATUSES = ['updated', 'failed', 'unverified', 'rejected', 'duplicate', 'unprocessed', 'planned'] as const;
export type Status = (typeof STATUSES)[number];

/** The end of one row that was sent, as the ledger keeps it. Empty text means unknown or not asked for. */
export type Outcome = {
  row: number;
  status: 'updated' | 'failed' | 'unverified';
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
