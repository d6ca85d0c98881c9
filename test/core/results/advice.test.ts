import { describe, expect, it } from 'vitest';
import { REJECTIONS } from '../../../src/core/input/rejection.ts';
import { REASONS, type RowReason } from '../../../src/core/plan/reason.ts';
import { adviceOf } from '../../../src/core/results/advice.ts';

const cause = (reason: RowReason, http: number | null = null, code = '') => ({
  status: 'failed' as const,
  reason,
  http_status: http,
  error_code: code,
  error_title: '',
  count: 1,
  example_row: 1,
});

describe('the advice for a cause', () => {
  it.each([...Object.keys(REASONS), ...Object.keys(REJECTIONS), ''] as RowReason[])('of %j is a sentence', (reason) => {
    expect(adviceOf(cause(reason))).toMatch(/^[A-Z][^.]+\S\./);
  });

  it.each([
    ['api_error', 404, '10005', /does not have the number/],
    ['api_error', 422, '40324', /eligible/],
    ['api_error', 422, '10017', /does not have the profile/],
    ['api_error', 404, '', /does not have the number/],
    ['api_error', 403, '99999', /access/],
    ['api_error', 422, 'constructor', /error columns/],
    ['attempts_exhausted', 423, '10036', /still processing/],
    ['attempts_exhausted', 500, '10007', /^Retry later/],
    ['attempts_exhausted', null, '', /network/],
    // What the run found out says more than the code of the last answer.
    ['write_not_kept', 200, '10005', /did not keep/],
  ] as const)('of %s with HTTP %s and code %j is about that', (reason, http, code, text) => {
    expect(adviceOf(cause(reason, http, code))).toMatch(text);
  });
});
