import { describe, expect, it } from 'vitest';
import type { SandboxState } from '../../../src/sandbox/server.ts';
import { call, code, id, type Json, patch, profile, sandbox } from '../../support/sandbox/client.ts';

const phone = (n: number) => `+1800${String(n).padStart(7, '0')}`;
const LONG_CODES = [21, 24, 27, 30, 33, 36, 39].map(phone);

describe('opt-outs', () => {
  const list = async (query: string) => (await call(await sandbox(), `/messaging_optouts?${query}`)).json;

  it('are those of every third number, and filtered by profile, sender and time', async () => {
    const all = await list('');
    expect(all.meta.total_results).toBe(4);
    expect(all.data[0]).toEqual({
      from: phone(1),
      to: '+14150000000',
      keyword: 'STOP',
      messaging_profile_id: profile(1),
      created_at: '2026-01-01T00:00:00.000Z',
    });
    const senders = async (query: string) => (await list(query)).data.map((row: Json) => row.from);
    expect(await senders(`filter[messaging_profile_id]=${profile(1)}`)).toEqual([1, 4, 7, 10].map(phone));
    expect(await senders(`filter[messaging_profile_id]=${profile(2)}`)).toEqual([]);
    expect(await senders(`filter[from]=${encodeURIComponent(phone(4))}`)).toEqual([phone(4)]);
    expect(await senders('created_at[gte]=2026-01-01T00:03:00Z&created_at[lte]=2026-01-01T00:06:00Z')).toEqual(
      [4, 7].map(phone),
    );
    expect(await senders('page[number]=2&page[size]=3')).toEqual([phone(10)]);
    expect((await list('redaction_enabled=true')).data[0].to).toBe('+1415000****');
  });

  it('stay with the profile if the number moves, also in a sandbox that starts from the state', async () => {
    const to = await sandbox();
    await patch(to, id(1), { messaging_profile_id: profile(3) });
    const again = await sandbox({ state: JSON.parse(JSON.stringify(to.snapshot())) as SandboxState });
    for (const one of [to, again]) {
      const { json } = await call(one, `/messaging_optouts?filter[messaging_profile_id]=${profile(1)}`);
      expect(json.data[0].from).toBe(phone(1));
    }
  });
});

describe('short codes', () => {
  it('are those of the profile', async () => {
    const to = await sandbox();
    const { json } = await call(to, `/messaging_profiles/${profile(2)}/short_codes`);
    expect(json.data).toMatchObject([
      { record_type: 'short_code', short_code: '30002', messaging_profile_id: profile(2) },
    ]);
    expect((await call(to, `/messaging_profiles/${profile(3)}/short_codes`)).json.data).toEqual([]);
    expect((await call(to, `/messaging_profiles/${profile(9)}/short_codes`)).status).toBe(404);
  });
});

describe('what else is on a profile', () => {
  const data = async (path: string) => (await call(await sandbox(), path)).json.data;
  const onProfile = (n: number, list: string) => data(`/messaging_profiles/${profile(n)}/${list}`);

  it('alphanumeric senders', async () => {
    expect(await onProfile(1, 'alphanumeric_sender_ids')).toEqual([
      {
        record_type: 'alphanumeric_sender_id',
        id: expect.any(String),
        alphanumeric_sender_id: 'SANDBOX',
        messaging_profile_id: profile(1),
        organization_id: expect.any(String),
      },
    ]);
    expect(await onProfile(2, 'alphanumeric_sender_ids')).toEqual([]);
  });

  it('keyword answers, which differ between the first two profiles', async () => {
    const answers = async (n: number, query = '') =>
      (await onProfile(n, `autoresp_configs${query}`)).map((row: Json) => [row.country_code, row.op, row.keywords]);
    const [stop, info] = [
      ['US', 'stop', ['STOP', 'END']],
      ['*', 'info', ['HELP']],
    ];
    expect(await answers(1)).toEqual([stop, info]);
    expect(await answers(2)).toEqual([stop]);
    expect(await answers(3)).toEqual([]);
    expect(await answers(1, '?country_code=*')).toEqual([info]);
    const [first] = await onProfile(1, 'autoresp_configs');
    const [second] = await onProfile(2, 'autoresp_configs');
    expect(first.resp_text).not.toBe(second.resp_text);
    expect(Object.keys(first)).not.toContain('messaging_profile_id');
  });

  it.each(['/messaging_hosted_numbers', '/messaging/hosted/numbers'])('hosted numbers at %s', async (path) => {
    const found = async (query: string) => (await data(`${path}?${query}`)).map((row: Json) => row.phone_number);
    const all = ['+13125559001'];
    expect(await data(path)).toMatchObject([{ record_type: 'messaging_settings', messaging_profile_id: profile(1) }]);
    expect(await found(`filter[messaging_profile_id]=${profile(1)}`)).toEqual(all);
    expect(await found(`filter[messaging_profile_id]=${profile(2)}`)).toEqual([]);
    expect(await found(`filter[phone_number]=${encodeURIComponent(all[0] ?? '')}`)).toEqual(all);
    expect(await found('filter[phone_number]=%2B13125559002')).toEqual([]);
    expect(await found('filter[phone_number][contains]=5559')).toEqual(all);
    expect(await found('filter[phone_number][contains]=5558')).toEqual([]);
    const numbers = await data('/phone_numbers/messaging?page[size]=250');
    expect(numbers.map((row: Json) => row.phone_number)).not.toContain(all[0]);
  });

  it('is kept in the state', async () => {
    const to = await sandbox();
    const again = await sandbox({ state: JSON.parse(JSON.stringify(to.snapshot())) as SandboxState });
    expect(again.snapshot()).toEqual(to.snapshot());
    expect(Object.keys(to.snapshot())).toEqual(
      expect.arrayContaining(['alphanumeric_senders', 'keyword_answers', 'hosted_numbers']),
    );
  });
});

describe('10DLC campaigns', () => {
  const list = async (query: string) =>
    (await call(await sandbox({ numbers: 39 }), `/10dlc/phone_number_campaigns?${query}`)).json;
  const numbersOf = (json: Json) => json.records.map((record: Json) => record.phoneNumber);

  it('are those of US long codes, with a status by the last digit', async () => {
    const json = await list('');
    expect([json.page, json.totalRecords, numbersOf(json)]).toEqual([1, 7, LONG_CODES]);
    expect(json.records.map((record: Json) => record.assignmentStatus)).toEqual([
      ...Array(6).fill('ASSIGNED'),
      'FAILED_ASSIGNMENT',
    ]);
    expect(json.records[0]).toMatchObject({ tcrCampaignId: 'CSANDBX', failureReasons: '' });
    expect(json.records[6].failureReasons).not.toBe('');
  });

  it('are paged, sorted and filtered', async () => {
    expect(numbersOf(await list('page=3&recordsPerPage=3'))).toEqual([phone(39)]);
    expect(numbersOf(await list('page=4&recordsPerPage=3'))).toEqual([]);
    expect(numbersOf(await list('sort=-phoneNumber'))).toEqual([...LONG_CODES].reverse());
    expect(numbersOf(await list('sort=-assignmentStatus&recordsPerPage=1'))).toEqual([phone(39)]);
    expect(numbersOf(await list('filter[tcr_campaign_id]=CSANDB9'))).toEqual([phone(39)]);
    expect(numbersOf(await list('filter[tcr_brand_id]=other'))).toEqual([]);
    const { campaignId } = (await list('')).records[0];
    expect((await list(`filter[telnyx_campaign_id]=${campaignId}`)).totalRecords).toBe(6);
  });

  it('are read by phone number, and stay if the number moves', async () => {
    const to = await sandbox({ numbers: 39 });
    const read = (n: number) => call(to, `/10dlc/phone_number_campaigns/${encodeURIComponent(phone(n))}`);
    const before = await read(21);
    await patch(to, id(21), { messaging_profile_id: profile(2), messaging_product: 'P2P' });
    expect(await read(21)).toMatchObject({ status: 200, json: before.json });
    for (const n of [1, 999]) expect([(await read(n)).status, code(await read(n))]).toEqual([404, '10005']);
  });

  it('can be given, also as none', async () => {
    const state = (await sandbox({ numbers: 21 })).snapshot();
    const [first] = state.numbers;
    const last = state.numbers.at(-1);
    Object.assign(first ?? {}, { campaign: { id: 'COWN', status: 'PENDING_UNASSIGNMENT' } });
    Object.assign(last ?? {}, { campaign: null });
    const { json } = await call(await sandbox({ state }), '/10dlc/phone_number_campaigns');
    expect(json.records).toMatchObject([
      { phoneNumber: phone(1), tcrCampaignId: 'COWN', assignmentStatus: 'PENDING_UNASSIGNMENT' },
    ]);
  });
});

describe('the inventory', () => {
  const list = async (query: string) =>
    (await call(await sandbox({ numbers: 50 }), `/phone_numbers/slim?${query}`)).json;
  const total = async (query: string) => (await list(query)).meta.total_results;

  it('has every number, without profile and product', async () => {
    const json = await list('page[size]=250');
    expect(json.data).toHaveLength(50);
    expect(json.data[0]).toMatchObject({
      id: id(1),
      phone_number: phone(1),
      status: 'active',
      country_iso_alpha2: 'US',
    });
    expect(Object.keys(json.data[0]).filter((key) => /profile|product|tags/.test(key))).toEqual([]);
    expect(new Set(json.data.map((row: Json) => row.phone_number_type))).toEqual(
      new Set(['toll_free', 'tollfree', 'local', 'longcode', 'shortcode']),
    );
  });

  it.each([
    ['filter[phone_number]=%2B1800000000', 9],
    ['filter[phone_number]=18', 0],
    ['filter[phone_number]=abc', 0],
    ['filter[status]=active', 50],
    ['filter[status]=deleted', 0],
    ['filter[source]=purchased', 50],
    ['filter[source]=ported', 0],
    ['filter[country_iso_alpha2]=CA', 0],
    ['filter[country_iso_alpha2][]=CA&filter[country_iso_alpha2][]=US', 50],
    ['filter[number_type][eq]=local', 10],
    ['filter[number_type][eq]=mobile', 0],
    ['filter[connection_id]=1', 0],
    ['filter[customer_reference]=x', 0],
    ['filter[voice.connection_name][contains]=abc', 0],
    ['filter[billing_group_id]=null', 50],
    ['filter[billing_group_id]=1', 0],
    ['sort=purchased_at', 50],
  ])('%s finds %i', async (query, count) => {
    expect(await total(query)).toBe(count);
  });

  it('shows and filters tags if asked to', async () => {
    const to = await sandbox();
    await patch(to, id(2), { tags: ['night'] });
    const found = async (query: string) => (await call(to, `/phone_numbers/slim?${query}`)).json.data;
    expect(await found('include_tags=true&filter[tag]=night')).toMatchObject([{ id: id(2), tags: ['night'] }]);
    expect(await found('filter[tag]=night')).toEqual([]);
  });
});
