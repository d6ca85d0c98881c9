import { describe, expect, it } from 'vitest';
import { STATUSES, type Status } from '../../../src/core/attempt/outcome.ts';
import { causeKinds, isCause, isSelected } from '../../../src/core/followup/retry.ts';
import type { Result } from '../../../src/core/results/rows.ts';
import { addResult, emptyTally } from '../../../src/core/results/tally.ts';
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
    expect(SETTINGS.only.choices.filter((kind) => isSelected(result, [kind], null))).toEqual(kinds);
  });

  it('are of any of the kinds that are named, and none if none is', () => {
    expect(isSelected(row('failed', false), ['held', 'permanent'], null)).toBe(true);
    expect(isSelected(row('failed', true), ['held', 'retryable', 'permanent'], null)).toBe(true);
    expect(isSelected(row('failed', true), ['held', 'permanent', 'unverified'], null)).toBe(false);
    expect(isSelected(row('unprocessed'), ['failed', 'unverified', 'held'], null)).toBe(false);
    expect(STATUSES.some((status) => isSelected(row(status), [], null))).toBe(false);
  });

  it('are all that did not reach their target, but for held ones, when nothing is said', () => {
    const standard: RowKind[] = ['failed', 'unverified', 'unprocessed'];
    expect(STATUSES.filter((status) => isSelected(row(status), standard, null))).toEqual([
      ...['failed', 'unverified', 'unprocessed'],
    ]);
  });

  it('are those of a cause that is named, whatever their status', () => {
    for (const status of ['failed', 'held', 'rejected', 'unverified'] as const) {
      expect(isSelected(row(status), ['cause:02'], 'cause:02')).toBe(true);
      expect(isSelected(row(status), ['cause:02', 'unprocessed'], 'cause:01')).toBe(false);
    }
  });
});

describe('the causes of a run', () => {
  it('are numbered as in the summary', () => {
    const tally = emptyTally();
    const key = (reason: Result['reason']) => addResult(tally, { ...row('held'), reason });
    const [rare, frequent] = [key('unread'), key('drifted'), key('drifted')];
    expect([...causeKinds(tally)]).toEqual([
      [frequent, 'cause:01'],
      [rare, 'cause:02'],
    ]);
    expect([isCause('cause:02'), isCause('held')]).toEqual([true, false]);
  });
});
