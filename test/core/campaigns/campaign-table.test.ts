import { describe, expect, it } from 'vitest';
import { createCampaignTable } from '../../../src/core/campaigns/campaign-table.ts';
import { sha256 } from '../../support/digests.ts';

const phone = (n: number) => `+1312${5_550_000 + n}`;
const row = (n: number, status = 'ASSIGNED') => ({ phoneNumber: phone(n), campaign: 'C1', status });

describe('the table of campaigns', () => {
  it('knows what was shown of the wanted numbers, and counts all that a list shows', () => {
    const table = createCampaignTable(sha256);
    for (const n of [1, 2, 1]) table.addWanted(phone(n));
    expect([...table.wantedPhones()]).toEqual([phone(1), phone(2)]);
    expect([table.size(), table.unread()]).toEqual([2, 2]);
    table.addShown(row(2));
    table.addShown(row(9));
    table.addShown(row(9));
    expect([table.countShown(), table.unread()]).toEqual([2, 1]);
    expect([...table.unreadPhones()]).toEqual([phone(1)]);
    expect([phone(1), phone(2), phone(9)].map(table.stateOf)).toEqual([
      null,
      { campaign: 'C1', status: 'ASSIGNED' },
      null,
    ]);
    table.startList();
    expect(table.countShown()).toBe(0);
    table.addShown(row(2, 'FAILED_UNASSIGNMENT'));
    expect(table.stateOf(phone(2))).toEqual({ campaign: 'C1', status: 'FAILED_UNASSIGNMENT' });
  });

  it('lets no number be on none that was shown, nor one that is not wanted', () => {
    const table = createCampaignTable(sha256);
    for (const n of [1, 2, 3]) table.addWanted(phone(n));
    table.addShown(row(1, ''));
    for (const n of [1, 2, 9]) table.setNone(phone(n));
    table.markRestNone();
    expect([1, 2, 3].map((n) => table.stateOf(phone(n)))).toEqual([
      { campaign: 'C1', status: '' },
      { campaign: '', status: 'NONE' },
      { campaign: '', status: 'NONE' },
    ]);
    expect(table.unread()).toBe(0);
  });

  it('takes many numbers', () => {
    const table = createCampaignTable(sha256);
    for (let n = 0; n < 3000; n++) table.addWanted(phone(n));
    table.addShown(row(2999));
    expect(table.unread()).toBe(2999);
    expect([...table.unreadPhones()].at(-1)).toBe(phone(2998));
  });
});
