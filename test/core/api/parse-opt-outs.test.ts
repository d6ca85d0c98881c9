import { describe, expect, it } from 'vitest';
import { readOptOutsPage } from '../../../src/core/api/parse-opt-outs.ts';
import { PHONE, PROFILE } from '../../support/make.ts';

const read = (value: unknown) => readOptOutsPage(JSON.stringify(value), (text) => text.slice());

describe('a page of opt-outs', () => {
  it('shows each, and how many there are', () => {
    const data = [
      {
        from: PHONE,
        to: '+13125550001',
        keyword: 'STOP',
        created_at: '2026-01-01T00:00:00Z',
        messaging_profile_id: PROFILE.toUpperCase(),
      },
      { from: 'ACME', keyword: null, messaging_profile_id: null },
    ];
    expect(read({ data, meta: { total_results: 2, total_pages: 1 } })).toEqual({
      kind: 'opt_outs',
      page: {
        rows: [
          { from: PHONE, to: '+13125550001', keyword: 'STOP', createdAt: '2026-01-01T00:00:00Z', profile: PROFILE },
          { from: 'ACME', to: '', keyword: '', createdAt: '' },
        ],
        total: 2,
        pages: 1,
      },
    });
  });

  it.each([{ data: {} }, { data: [1] }, { data: [], meta: {} }])('cannot be read from %j', (value) => {
    expect(read(value)).toEqual({ kind: 'unreadable' });
  });
});
