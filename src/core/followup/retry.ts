import type { Result } from '../results/rows.ts';
import type { RowKind } from '../settings/schema.ts';

/** Whether `retry --only` selects a row. `failed` means `retryable` and `permanent`. */
export function isSelected({ status, outcome }: Result, only: readonly RowKind[]): boolean {
  if (status === 'failed') {
    return only.includes('failed') || only.includes(outcome?.retryable === true ? 'retryable' : 'permanent');
  }
  return (status === 'unverified' || status === 'unprocessed' || status === 'held') && only.includes(status);
}
