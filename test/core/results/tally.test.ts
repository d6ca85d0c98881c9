import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/attempt/outcome.ts';
import { isReason, type RowReason } from '../../../src/core/plan/reason.ts';
import type { Result } from '../../../src/core/results/rows.ts';
import { addResult, emptyTally, sortedCauses, sortedKeys, sumOf } from '../../../src/core/results/tally.ts';
import { makeEntry, makeOutcome } from '../../support/make.ts';

function result(
  row: number,
  status: Result['status'],
  reason: RowReason = '',
  outcome: Partial<Outcome> | null = null,
): Result {
  const whole = outcome === null ? null : makeOutcome({ row, ...(isReason(reason) ? { reason } : {}), ...outcome });
  return { entry: makeEntry({ row }), status, reason, detail: '', outcome: whole };
}

const failure = (title: string, code = '10015'): Partial<Outcome> => ({
  status: 'failed',
  httpStatus: 422,
  errorCode: code,
  errorTitle: title,
});

function tallyOf(...results: Result[]) {
  const tally = emptyTally();
  for (const each of results) addResult(tally, each);
  return tally;
}

describe('a tally', () => {
  it('of nothing is all zeros', () => {
    const tally = emptyTally();
    expect(tally.counts).toEqual({
      updated: 0,
      unchanged: 0,
      failed: 0,
      unverified: 0,
      held: 0,
      rejected: 0,
      duplicate: 0,
      unprocessed: 0,
      planned: 0,
    });
    expect(sumOf(tally)).toBe(0);
    expect(sortedCauses(tally)).toEqual([]);
  });

  it('counts every status, and its sum is the number of rows', () => {
    const tally = tallyOf(
      result(1, 'updated', '', {}),
      result(2, 'updated', '', {}),
      result(3, 'failed', 'api_error', failure('Bad')),
      result(4, 'unverified', 'interrupted'),
      result(5, 'rejected', 'bad_id'),
      result(6, 'duplicate'),
      result(7, 'unprocessed'),
      result(8, 'planned'),
      result(9, 'held', 'profile_stopped'),
      result(10, 'unchanged'),
    );
    expect(tally.counts).toEqual({
      updated: 2,
      unchanged: 1,
      failed: 1,
      unverified: 1,
      held: 1,
      rejected: 1,
      duplicate: 1,
      unprocessed: 1,
      planned: 1,
    });
    expect(sumOf(tally)).toBe(10);
  });

  it('separates permanent failures from temporary ones', () => {
    const tally = tallyOf(
      result(1, 'failed', 'api_error', { ...failure('Bad'), retryable: false }),
      result(2, 'failed', 'attempts_exhausted', { ...failure('Busy'), retryable: true }),
      result(3, 'unverified', 'attempts_exhausted', { status: 'unverified', retryable: true }),
      result(5, 'updated', '', { retryable: false }),
      result(6, 'failed', 'redirected', { ...failure('Moved'), retryable: false }),
      result(7, 'held', 'profile_stopped'),
      // Without an outcome it is not known whether another try may help.
      result(4, 'failed', 'api_error'),
    );
    expect(tally.permanent).toBe(3);
  });
});

describe('causes', () => {
  it('are rows of one status, reason, HTTP status, code and title; the most frequent come first', () => {
    const tally = tallyOf(
      result(1, 'rejected', 'bad_id'),
      result(2, 'failed', 'api_error', failure('Bad')),
      result(3, 'failed', 'api_error', failure('Worse')),
      result(4, 'failed', 'api_error', failure('Bad')),
      result(5, 'unverified', 'attempts_exhausted', {
        status: 'unverified',
        httpStatus: null,
        errorCode: 'ECONNRESET',
      }),
      result(6, 'failed', 'api_error', failure('Bad', '10016')),
      result(7, 'held', 'profile_stopped'),
    );
    const shared = { status: 'failed', reason: 'api_error', http_status: 422 };
    const bare = { http_status: null, error_code: '', error_title: '' };
    expect(sortedCauses(tally)).toEqual([
      { ...shared, error_code: '10015', error_title: 'Bad', count: 2, example_row: 2 },
      { ...bare, status: 'rejected', reason: 'bad_id', count: 1, example_row: 1 },
      { ...shared, error_code: '10015', error_title: 'Worse', count: 1, example_row: 3 },
      {
        ...bare,
        status: 'unverified',
        reason: 'attempts_exhausted',
        error_code: 'ECONNRESET',
        count: 1,
        example_row: 5,
      },
      { ...shared, error_code: '10016', error_title: 'Bad', count: 1, example_row: 6 },
      { ...bare, status: 'held', reason: 'profile_stopped', count: 1, example_row: 7 },
    ]);
  });

  it('are separated by the ends of their texts', () => {
    const tally = tallyOf(
      result(1, 'failed', 'api_error', failure('5 Bad', '1001')),
      result(2, 'failed', 'api_error', failure(' Bad', '10015')),
    );
    expect(sortedCauses(tally)).toHaveLength(2);
  });

  it('of the same count come by row', () => {
    const rows = [5, 3, 9, 1].map((row) => result(row, 'failed', 'api_error', failure(`title ${row}`)));
    expect(sortedCauses(tallyOf(...rows)).map((cause) => cause.example_row)).toEqual([1, 3, 5, 9]);
  });

  it('have keys in the same order, which addResult returns', () => {
    const tally = emptyTally();
    const rows = ['A', 'B', 'B'].map((title, at) => result(at + 1, 'failed', 'api_error', failure(title)));
    const keys = rows.map((each) => addResult(tally, each));
    expect(addResult(tally, result(4, 'updated', '', {}))).toBeNull();
    expect(sortedKeys(tally)).toEqual([keys[1], keys[0]]);
    expect(sortedKeys(tally).map((key) => tally.causes.get(key))).toEqual(sortedCauses(tally));
  });

  it('are none for rows that were updated, repeated, planned, or never reached', () => {
    const tally = tallyOf(
      result(1, 'updated', '', {}),
      result(2, 'duplicate'),
      result(3, 'planned'),
      result(4, 'unprocessed'),
    );
    expect(sortedCauses(tally)).toEqual([]);
  });

  it('do not fill the memory when every row has a title or a code of its own', () => {
    const rows = Array.from({ length: 1000 }, (_, at) =>
      result(at + 1, 'failed', 'api_error', at % 2 === 0 ? failure(`row ${at}`) : failure('T', `code ${at}`)),
    );
    const causes = sortedCauses(tallyOf(...rows));
    expect(causes).toHaveLength(201);
    expect(causes[0]).toMatchObject({ error_code: '', error_title: '', count: 800, example_row: 201 });
    expect(causes.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
  });

  it('that are known go on being counted when there is no room for new ones', () => {
    const rows = Array.from({ length: 300 }, (_, at) => result(at + 1, 'failed', 'api_error', failure(`row ${at}`)));
    const again = Array.from({ length: 150 }, (_, at) => result(at + 301, 'failed', 'api_error', failure('row 0')));
    expect(sortedCauses(tallyOf(...rows, ...again))[0]).toMatchObject({ error_title: 'row 0', count: 151 });
  });
});
