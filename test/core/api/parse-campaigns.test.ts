import { describe, expect, it } from 'vitest';
import { readCampaignsPage, readOneCampaign } from '../../../src/core/api/parse-campaigns.ts';

const keep = (text: string) => text;
const record = (more: Record<string, unknown> = {}) => ({
  phoneNumber: '+13125550001',
  campaignId: '3008dd9f-66d7-40e0-bf23-bf2d8d1a96ba',
  tcrCampaignId: 'CCAMPA1',
  assignmentStatus: 'ASSIGNED',
  ...more,
});
const SHOWN = { phoneNumber: '+13125550001', campaign: '3008dd9f-66d7-40e0-bf23-bf2d8d1a96ba', status: 'ASSIGNED' };
const pageOf = (body: unknown) => readCampaignsPage(JSON.stringify(body), keep);

describe('a page of campaigns', () => {
  it('has the rows and the total', () => {
    const body = { records: [record(), 5, record({ phoneNumber: '13125550002' })], page: 1, totalRecords: 7 };
    const second = { ...SHOWN, phoneNumber: '+13125550002' };
    expect(pageOf(body)).toEqual({ kind: 'campaigns', rows: [SHOWN, second], total: 7 });
  });

  it('may name the total as text', () => {
    expect(pageOf({ records: [], totalRecords: '7' })).toMatchObject({ total: 7 });
  });

  it.each([undefined, 'x', '', -1, 1.5])('has no total if it names %s', (totalRecords) => {
    expect(pageOf({ records: [], totalRecords })).toEqual({ kind: 'campaigns', rows: [], total: null });
  });

  it('is unreadable without rows', () => {
    expect(pageOf({ data: [] })).toEqual({ kind: 'unreadable' });
    expect(pageOf({ errors: [{ code: 10005 }] })).toMatchObject({ kind: 'errors' });
  });
});

describe('the campaign of a number', () => {
  const read = (more: Record<string, unknown>) => {
    const body = readOneCampaign(JSON.stringify(record(more)), keep);
    return body.kind === 'campaigns' ? body.rows[0] : body.kind;
  };

  it.each([
    [{}, SHOWN],
    [{ campaignId: null }, { ...SHOWN, campaign: 'CCAMPA1' }],
    [
      { campaignId: '', tcrCampaignId: '' },
      { ...SHOWN, campaign: '' },
    ],
    [{ assignmentStatus: 'assigned' }, SHOWN],
    [{ assignmentStatus: '=cmd|calc' }, { ...SHOWN, status: '' }],
    [{ assignmentStatus: null }, { ...SHOWN, status: '' }],
    // They say nothing.
    [{ campaignId: '', tcrCampaignId: '', assignmentStatus: '' }, 'unreadable'],
    [{ campaignId: '=1+1' }, 'unreadable'],
    [{ phoneNumber: 'none' }, 'unreadable'],
    [{ phoneNumber: 5 }, 'unreadable'],
  ])('with %j', (more, shown) => {
    expect(read(more)).toEqual(shown);
  });
});
