import { describe, expect, it } from 'vitest';
import { knownFields } from '../../../src/core/input/header.ts';
import { REJECTIONS } from '../../../src/core/input/rejection.ts';
import { REASONS, type RowReason } from '../../../src/core/plan/reason.ts';
import {
  causeCells,
  causeFileName,
  causeHeader,
  causeNumber,
  isCauseFile,
} from '../../../src/core/results/cause-file.ts';
import { keptCells } from '../../../src/core/results/input-table.ts';
import { failedHeader, type Result } from '../../../src/core/results/rows.ts';
import { makeEntry, makeFailure } from '../../support/make.ts';

const causeOf = (reason: RowReason, code = '', status: Result['status'] = 'failed') => ({
  status,
  reason,
  http_status: null,
  error_code: code,
  error_title: '',
  count: 1,
  example_row: 1,
});

describe('the name of the file of a cause', () => {
  it.each([
    [1, '10005', '01-10005.csv'],
    [99, 'MAX_rate', '99-MAX_rate.csv'],
    [203, '', '203-api_error.csv'],
    [2, '../../etc/passwd', '02-etc-passwd.csv'],
    [2, '..', '02-api_error.csv'],
    [2, '/', '02-api_error.csv'],
    [2, 'C:\\nul', '02-C-nul.csv'],
    [2, 'a\u0000b\nc\u202E', '02-a-b-c.csv'],
    [2, '=cmd|x', '02-cmd-x.csv'],
    [2, 'x'.repeat(500), `02-${'x'.repeat(40)}.csv`],
    [2, '中文', '02-api_error.csv'],
  ])('of number %d with the code %j is %s', (number, code, name) => {
    expect(causeFileName(number, causeOf('api_error', code))).toBe(name);
    expect(isCauseFile(name)).toBe(true);
  });

  it('is never without a word', () => {
    expect(causeFileName(1, causeOf(''))).toBe('01-other.csv');
  });

  it.each(['notes.csv', '1-x.csv', '01-x.txt', 'draft-0.csv.12.tmp', '01-x.csv.bak', '01-.x.csv'])(
    'is not %s',
    (name) => {
      expect(isCauseFile(name)).toBe(false);
    },
  );

  it('begins with two digits, or more', () => {
    expect([1, 42, 200].map(causeNumber)).toEqual(['01', '42', '200']);
  });
});

describe('the first column of the file of a cause', () => {
  const input = ['phone_number_id', 'messaging_profile_id'];
  const headerOf = (reason: RowReason) => causeHeader(causeOf(reason), { header: input });

  it.each([...Object.keys(REASONS), ...Object.keys(REJECTIONS)] as RowReason[])(
    'is one whole sentence for %s',
    (reason) => {
      const [advice = '', ...rest] = headerOf(reason);
      expect(advice).toMatch(/^reassign_fix - [A-Z][A-Za-z0-9_ -]{4,64}$/);
      expect(advice.length).toBeLessThan(80);
      expect(rest).toEqual(failedHeader({ header: input }));
      expect(keptCells([advice, ...rest], { header: [advice, ...rest] })).toEqual(input);
    },
  );

  it('leaves the columns of the input to be found', () => {
    const header = headerOf('not_found');
    expect([knownFields(header), knownFields(header.slice(0, 1))]).toEqual([5, 0]);
  });
});

describe('a row of the file of a cause', () => {
  const header = ['id', 'profile_id'];
  const result: Result = {
    entry: makeEntry({ note: '' }),
    status: 'failed',
    reason: 'api_error',
    detail: '=1',
    outcome: makeFailure(),
  };

  it('is the reason, and then that of failed.csv', () => {
    expect(causeCells(['1', 'p'], { header }, result)).toEqual(['api_error', '1', 'p', 'failed', 'api_error', "'=1"]);
  });

  it('is the reason, and then that of held.csv if the row is held', () => {
    const held = { ...result, status: 'held', reason: 'drifted', outcome: null } as const;
    const cells = causeCells(['1', 'p'], { header }, held);
    expect(cells.slice(0, 5)).toEqual(['drifted', '1', 'p', 'held', 'drifted']);
    expect(cells).toHaveLength(causeHeader(causeOf('drifted', '', 'held'), { header }).length);
  });
});
