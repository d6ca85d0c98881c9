import { describe, expect, it } from 'vitest';
import type { ProfileInput } from '../../../src/sandbox/server.ts';
import { createChecker, DOCUMENT } from '../../contract/checker.ts';
import { call, id, type Json, patch, profile, read, sandbox } from '../../support/sandbox/client.ts';

const check = createChecker(DOCUMENT);
const SETTINGS = {
  name: 'Night shift',
  enabled: false,
  webhook_url: null,
  webhook_api_version: '2010-04-01',
  whitelisted_destinations: ['US', 'CA'],
  number_pool_settings: { toll_free_weight: 10, long_code_weight: 1, skip_unhealthy: true, sticky_sender: true },
  daily_spend_limit: '25.50',
  daily_spend_limit_enabled: true,
  webhook_failover_url: 'https://example.com/failover',
  alpha_sender: 'NIGHT',
  url_shortener_settings: { domain: 'short.example', replace_blacklist_only: true },
  smart_encoding: true,
  mms_fall_back_to_sms: true,
  mms_transcoding: true,
  mobile_only: true,
  redaction_enabled: true,
  redaction_level: 1,
} satisfies Omit<ProfileInput, 'id'>;
const USUAL = {
  name: 'Profile 1',
  enabled: true,
  webhook_url: 'https://example.com/webhooks/1',
  webhook_api_version: '2',
  whitelisted_destinations: ['US'],
  number_pool_settings: null,
  daily_spend_limit: '0.00',
  daily_spend_limit_enabled: false,
  webhook_failover_url: null,
  alpha_sender: null,
  url_shortener_settings: null,
  smart_encoding: false,
  mms_fall_back_to_sms: false,
  mms_transcoding: false,
  mobile_only: false,
  redaction_enabled: false,
  redaction_level: 2,
};

describe('the settings of a profile', () => {
  it('are shown as given, by id and in the list', async () => {
    const to = await sandbox({ profiles: [{ id: profile(1), ...SETTINGS }] });
    const one = await call(to, `/messaging_profiles/${profile(1)}`);
    expect(one.json.data).toMatchObject({ id: profile(1), ...SETTINGS });
    expect((await call(to, '/messaging_profiles')).json.data).toEqual([one.json.data]);
    const operation = { method: 'get', path: '/messaging_profiles/{profileId}' } as const;
    expect(check(operation, 200, 'application/json', one.json)).toEqual([]);
  });

  it('have defaults', async () => {
    const to = await sandbox({ profiles: [{ id: profile(1) }] });
    expect((await call(to, `/messaging_profiles/${profile(1)}`)).json.data).toMatchObject(USUAL);
  });

  it.each(Object.entries(SETTINGS))('can be set one at a time: %s', async (field, value) => {
    const to = await sandbox({ profiles: [{ id: profile(1), [field]: value }] });
    const { data } = (await call(to, `/messaging_profiles/${profile(1)}`)).json;
    expect(data).toMatchObject({ ...USUAL, [field]: value });
  });

  it('find a listed name with the name filter', async () => {
    const profiles = ['Night shift', 'Night shift 2'].map((name, index) => ({ id: profile(index + 1), name }));
    const to = await sandbox({ profiles });
    const found = await call(to, '/messaging_profiles?filter[name][eq]=Night%20shift&page[size]=250');
    expect(found.json.data.map((one: Json) => one.id)).toEqual([profile(1)]);
  });

  it('are kept in the snapshot, and an old snapshot without spend limits still loads', async () => {
    const to = await sandbox({ profiles: [{ id: profile(1), ...SETTINGS }] });
    const kept = to.snapshot();
    expect((await sandbox({ state: kept })).snapshot()).toEqual(kept);
    for (const one of kept.profiles) {
      delete one.daily_spend_limit;
      delete one.daily_spend_limit_enabled;
    }
    const old = await sandbox({ state: kept });
    expect(old.snapshot()).toEqual(kept);
    const { data } = (await call(old, `/messaging_profiles/${profile(1)}`)).json;
    expect(data).toMatchObject({ ...SETTINGS, daily_spend_limit: '0.00', daily_spend_limit_enabled: false });
  });
});

describe('the eligible products of a number', () => {
  const numbers = [
    { id: 'unknown', eligible_messaging_products: null },
    { id: 'hidden', eligible_messaging_products: ['A2P'], eligibility_hidden: true },
    { id: 'both', eligible_messaging_products: null, eligibility_hidden: true },
    { id: 'shown' },
  ];

  it('are null if unknown, and omitted if hidden', async () => {
    const to = await sandbox({ numbers });
    expect((await read(to, 'unknown')).eligible_messaging_products).toBeNull();
    for (const name of ['hidden', 'both']) {
      expect(Object.keys(await read(to, name))).not.toContain('eligible_messaging_products');
      expect(Object.keys(await read(to, name))).not.toContain('eligibility_hidden');
    }
    expect((await read(to, 'shown')).eligible_messaging_products).toEqual(['A2P', 'P2P']);
    const { data } = (await call(to, '/phone_numbers/messaging')).json;
    const shown = data.map((one: Json) => [one.id, one.eligible_messaging_products]);
    expect(Object.fromEntries(shown)).toEqual({ unknown: null, shown: ['A2P', 'P2P'] });
  });

  it('are checked on a write if known, hidden or not', async () => {
    const to = await sandbox({ numbers });
    const status = async (name: string, product: string) =>
      (await patch(to, name, { messaging_product: product })).status;
    expect([await status('unknown', 'P2P'), await status('unknown', 'RCS')]).toEqual([200, 200]);
    expect([await status('both', 'RCS'), await status('hidden', 'P2P'), await status('hidden', 'A2P')]).toEqual([
      200, 422, 200,
    ]);
    expect((await read(to, 'unknown')).messaging_product).toBe('RCS');
  });

  it('survive a snapshot, and are shown for made numbers', async () => {
    const to = await sandbox({ numbers });
    const again = await sandbox({ state: JSON.parse(JSON.stringify(to.snapshot())) });
    for (const { id } of numbers) expect(await read(again, id)).toEqual(await read(to, id));
    expect((await read(await sandbox(), id(1))).eligible_messaging_products).toEqual(['A2P', 'P2P']);
  });
});
