import { causeNumber } from '../results/cause-file.ts';
import type { Result } from '../results/rows.ts';
import { sortedKeys, type Tally } from '../results/tally.ts';
import type { RowKind } from '../settings/schema.ts';

/**
 * Whether `retry --only` selects a row. `failed` means `retryable` and `permanent`. `cause`: the number of its cause, for
 * example `cause:03`; null if it has none, or if no cause is named.
 */
export function isSelected({ status, outcome }: Result, only: readonly RowKind[], cause: RowKind | null): boolean {
  if (cause !== null && only.includes(cause)) return true;
  if (status === 'failed') {
    return only.includes('failed') || only.includes(outcome?.retryable === true ? 'retryable' : 'permanent');
  }
  return (status === 'unverified' || status === 'unprocessed' || status === 'held') && only.includes(status);
}

/** Whether a kind of rows is a cause. */
export function isCause(kind: RowKind): boolean {
  return kind.startsWith('cause:');
}

/** The causes of a run by their keys, as `--only` names them. */
export function causeKinds(tally: Tally): Map<string, RowKind> {
  return new Map(sortedKeys(tally).map((key, at) => [key, `cause:${causeNumber(at + 1)}`]));
}
