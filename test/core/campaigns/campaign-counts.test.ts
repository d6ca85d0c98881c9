import { describe, expect, it } from 'vitest';
import { NO_CAMPAIGN } from '../../../src/core/campaigns/campaign.ts';
import { campaignsText, createCampaignCounts, hasCampaignChange } from '../../../src/core/campaigns/campaign-counts.ts';

const phone = (n: number) => `+1312${5_550_000 + n}`;
const on = (campaign: string) => ({ campaign, status: 'ASSIGNED' });

describe('the campaigns of a plan', () => {
  it('are counted before the run', () => {
    const counts = createCampaignCounts('before');
    counts.add(phone(1), on('C1'), null);
    counts.add(phone(2), NO_CAMPAIGN, null);
    expect(counts.note()).toBe('2 US long codes: 1 on a 10DLC campaign, 1 on none');
    counts.add(phone(3), null, null);
    expect(counts.note()).toBe('3 US long codes: 1 on a 10DLC campaign, 1 on none, 1 unknown');
    const pending = createCampaignCounts('before');
    pending.add(phone(4), { campaign: 'C1', status: 'PENDING_ASSIGNMENT' }, null);
    expect(pending.note()).toBe('1 US long code: 1 on a 10DLC campaign (1 not ASSIGNED), 0 on none');
    const result = counts.result('HTTP 503');
    expect(result).toEqual({
      read: 3,
      unchanged: 0,
      lost: 0,
      changed: 0,
      unknown: 1,
      warnings: ['the 10DLC campaign of 1 number is unknown: HTTP 503'],
    });
    expect(hasCampaignChange(result)).toBe(false);
    expect(campaignsText({ ...result, unknown: 0 })).toBe('10DLC campaigns of 3 numbers: read before the run');
  });

  it('may be none', () => {
    const counts = createCampaignCounts('before');
    expect(counts.note()).toBe('no US long code changes, so no 10DLC campaign was read');
    const result = counts.result('');
    expect(result.warnings).toEqual([]);
    expect(campaignsText(result)).toBe('10DLC campaigns of 0 numbers: none to compare');
  });

  it('are compared after it', () => {
    const counts = createCampaignCounts('after');
    for (let n = 1; n <= 5; n++) counts.add(phone(n), on('C1'), NO_CAMPAIGN);
    counts.add(phone(6), on('C1'), on('C2'));
    counts.add(phone(7), on('C1'), on('C1'));
    for (const n of [8, 9]) counts.add(phone(n), null, on('C1'));
    const result = counts.result('');
    expect(result).toEqual({
      read: 9,
      unchanged: 1,
      lost: 5,
      changed: 1,
      unknown: 2,
      warnings: [
        '5 numbers have lost their 10DLC campaign: +13125550001, +13125550002, +13125550003 and 2 more; see campaigns.csv',
        '1 number changed 10DLC campaign or status: +13125550006; see campaigns.csv',
        'the 10DLC campaign of 2 numbers is unknown',
      ],
    });
    expect(hasCampaignChange(result)).toBe(true);
    expect(campaignsText(result)).toBe('10DLC campaigns of 9 numbers: 1 unchanged, 5 lost, 1 changed, 2 unknown');
  });
});
