import { describe, expect, it } from 'vitest';
import { STATUSES, type Status } from '../../../src/core/attempt/outcome.ts';
import { isSelected } from '../../../src/core/followup/retry.ts';
import type { Result } from '../../../src/core/results/rows.ts';
import { type RowKind, SETTINGS } from '../../../src/core/settings/schema.ts';
import { makeEntry, makeOutcome } from '../../support/make.ts';

/** A row that ended so; `retryable` is null where it has no outcome. */
function row(status: Status, retryable: boolean | null = null): Result {
  const outcome = retryable === null ? null : makeOutcome({ status: 'failed', retryable });
  return { entry: makeEntry(), status, reason: '', detail: '', outcome };
}

describe('the rows that a retry takes', () => {
  it.each([
    ['that failed for the time being', row('failed', true), ['failed', 'retryable']],
    ['that failed for good', row('failed', false), ['failed', 'permanent']],
    ['that failed, and nothing says whether for good', row('failed'), ['failed', 'permanent']],
    ['that is unverified', row('unverified'), ['unverified']],
    ['that is unverified, and may be tried again', row('unverified', true), ['unverified']],
    ['that was not reached', row('unprocessed'), ['unprocessed']],
    ['that was held', row('held'), ['held']],
    ['that was updated', row('updated', true), []],
    ['that was at its target', row('unchanged'), []],
    ['that was at its target when it was to be sent', row('unchanged', false), []],
    ['that was rejected', row('rejected'), []],
    ['that is a duplicate', row('duplicate'), []],
    ['that is planned', row('planned'), []],
  ] satisfies [string, ReturnType<typeof row>, RowKind[]][])('one %s is of these kinds', (_what, result, kinds) => {
    expect(SETTINGS.only.choices.filter((kind) => isSelected(result, [kind]))).toEqual(kinds);
  });

  it('are of any of the kinds that are named, and none if none is', () => {
    expect(isSelected(row('failed', false), ['held', 'permanent'])).toBe(true);
    expect(isSelected(row('failed', true), ['held', 'retryable', 'permanent'])).toBe(true);
    expect(isSelected(row('failed', true), ['held', 'permanent', 'unverified'])).toBe(false);
    expect(isSelected(row('unprocessed'), ['failed', 'unverified', 'held'])).toBe(false);
    expect(STATUSES.some((status) => isSelected(row(status), []))).toBe(false);
  });

  it('are all that did not reach their target, but for held ones, when nothing is said', () => {
    const standard: RowKind[] = ['failed', 'unverified', 'unprocessed'];
    expect(STATUSES.filter((status) => isSelected(row(status), standard))).toEqual([
      ...['failed', 'unverified', 'unprocessed'],
    ]);
  });
});
