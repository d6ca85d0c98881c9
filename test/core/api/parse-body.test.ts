import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readBody,
  readKeywordAnswersPage,
  readNumbersPage,
  readOneProfile,
  readOwnership,
  readProfileItemsPage,
  readProfilesPage,
  readWholeNumbersPage,
} from '../../../src/core/api/parse-body.ts';
import type { ShownSettings } from '../../../src/core/api/response.ts';
import { createCleaner } from '../../../src/core/text/redact.ts';
import { ID, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

// As every real one, it takes nothing but text.
const clean = (text: string) => text.slice();
const numbers = (value: unknown) => readNumbersPage(JSON.stringify(value), clean);
const profiles = (value: unknown) => readProfilesPage(JSON.stringify(value), clean);
const UNREADABLE = { kind: 'unreadable' };
const META = { page_number: 1, page_size: 250, total_pages: 3, total_results: 501 };

describe('the products that a number may have', () => {
  const eligible = (value: unknown) => {
    const body = readBody(JSON.stringify({ data: { eligible_messaging_products: value } }), clean);
    return body.kind === 'settings' ? body.settings : body;
  };

  it.each([[['A2P', 'P2P']], [[]]])('are those that are listed: %j', (list) => {
    expect(eligible(list)).toEqual({ eligible: list });
  });

  it.each([null, 'A2P', 7, { A2P: true }, [7], ['A2P', null], [{ id: 'A2P' }]])(
    'are not known where there is no list of texts: %j',
    (list) => {
      expect(eligible(list)).toStrictEqual({});
    },
  );
});

describe('a page of numbers', () => {
  it('shows the settings of each, and how many there are in all', () => {
    const data = [
      { id: ID, phone_number: PHONE, messaging_profile_id: PROFILE.toUpperCase(), messaging_product: 'A2P' },
      { id: '7', messaging_profile_id: null, eligible_messaging_products: ['A2P'], tags: ['x'], type: 7 },
    ];
    expect(numbers({ data, meta: META })).toStrictEqual({
      kind: 'numbers',
      page: {
        rows: [
          { id: ID, phoneNumber: PHONE, profile: PROFILE, product: 'A2P' },
          { id: '7', profile: null, eligible: ['A2P'], tags: ['x'] },
        ],
        total: 501,
        pages: 3,
      },
    });
  });

  it('shows every field of each if it is read whole', () => {
    const text = JSON.stringify({ data: [{ id: ID, colour: 'red' }], meta: META });
    const row = { id: ID, others: { id: `"${ID}"`, colour: '"red"' } };
    expect(readWholeNumbersPage(text, clean)).toMatchObject({ kind: 'numbers', page: { rows: [row], total: 501 } });
  });

  it('may be empty', () => {
    const page = { rows: [], total: 0, pages: 0 };
    expect(numbers({ data: [], meta: { total_pages: 0, total_results: 0 } })).toEqual({ kind: 'numbers', page });
  });

  it.each([
    ['without meta', { data: [{ id: ID }] }],
    ['with a meta of null', { data: [{ id: ID }], meta: null }],
  ])('%s shows numbers, and not how many follow; profiles may not be missing', (_what, value) => {
    const page = { rows: [{ id: ID }], total: 1, pages: 1, isUncounted: true };
    expect(numbers(value)).toEqual({ kind: 'numbers', page });
    expect(profiles({ ...value, data: [{ id: PROFILE }] })).toEqual(UNREADABLE);
  });

  it.each([
    ['meta that is none', { data: [], meta: [] }],
    ['no total', { data: [], meta: { total_pages: 1 } }],
    ['no number of pages', { data: [], meta: { total_results: 1 } }],
    ['a total in a text', { data: [], meta: { ...META, total_results: '501' } }],
    ['a total below zero', { data: [], meta: { ...META, total_results: -1 } }],
    ['pages that are not whole', { data: [], meta: { ...META, total_pages: 2.5 } }],
    ['endless pages', { data: [], meta: { ...META, total_pages: 1e300 } }],
    ['no data', { meta: META }],
    ['one number in place of a list', { data: { id: ID }, meta: META }],
    ['a row that is none', { data: [{ id: ID }, null], meta: META }],
    ['a row in a text', { data: ['x'], meta: META }],
    ['a row of something else', { data: [{ name: 'x' }], meta: META }],
    ['an id that is a number', { data: [{ id: 12933842 }], meta: META }],
    ['no object at all', [META]],
    ['nothing', null],
  ])('with %s cannot be read, because what it lacks may be what was asked for', (_what, value) => {
    expect(numbers(value)).toEqual(UNREADABLE);
    expect(profiles(value)).toEqual(UNREADABLE);
  });

  it('counts numbers without an id, which are not among its rows', () => {
    const data = [{ id: ID }, { phone_number: PHONE }, { id: 5, phone_number: PHONE }, { id: '', phone_number: PHONE }];
    const page = { rows: [{ id: ID }], total: 501, pages: 3, unnamed: 3 };
    expect(numbers({ data, meta: META })).toEqual({ kind: 'numbers', page });
  });

  it.each(['', '{"data":[],"meta":{"total_pages":1', '<html>502</html>', 'true', `${'['.repeat(100)}`])(
    'cannot be read from what is no JSON, or not all of it (%#)',
    (text) => {
      for (const read of [readNumbersPage, readProfilesPage, readOneProfile])
        expect(read(text, clean)).toEqual(UNREADABLE);
    },
  );

  it('is about errors if there are any', () => {
    const errors = [{ code: '10009', title: 'Authentication failed', detail: 'd', source: { pointer: '/x' } }];
    const read = {
      kind: 'errors',
      errors: [{ code: '10009', title: 'Authentication failed', detail: 'd', pointer: '/x' }],
    };
    expect(numbers({ errors, data: [], meta: META })).toEqual(read);
    expect(profiles({ errors })).toEqual(read);
    expect(readOneProfile(JSON.stringify({ errors }), clean)).toEqual(read);
  });

  it('shows of each number what a read of that number would show', () => {
    const value = fc.oneof(fc.string(), fc.constant(null), fc.integer(), fc.array(fc.string()), fc.constant({}));
    const fields = ['phone_number', 'organization_id', 'messaging_profile_id', 'messaging_product', 'x'] as const;
    const any = fc.record(
      {
        ...(Object.fromEntries(fields.map((name) => [name, value])) as Record<string, typeof value>),
        eligible_messaging_products: fc.oneof(value, fc.array(value)),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), any), { maxLength: 5 }), (rows) => {
        const data = rows.map(([id, row]) => ({ ...row, id }));
        const page = numbers({ data, meta: META });
        const alone = data.map((row) => readBody(JSON.stringify({ data: row }), clean));
        expect(alone.every(({ kind }) => kind === 'settings')).toBe(true);
        const settings = alone.map((body) => (body as { settings: ShownSettings }).settings);
        expect(page).toEqual({ kind: 'numbers', page: { rows: settings, total: 501, pages: 3 } });
      }),
    );
  });
});

// As the API sends it, with fields that are not needed.
const FULL = {
  record_type: 'messaging_profile',
  id: PROFILE.toUpperCase(),
  name: 'Support',
  enabled: true,
  webhook_url: 'https://example.test/hook',
  webhook_failover_url: 'https://example.test/other',
  webhook_api_version: '2',
  whitelisted_destinations: ['US', 'CA'],
  number_pool_settings: { toll_free_weight: 1, long_code_weight: 1, skip_unhealthy: false, sticky_sender: true },
  daily_spend_limit: '5.00',
  daily_spend_limit_enabled: true,
  v1_secret: 'the-secret-of-it',
  organization_id: 'org-1',
};
const SHOWN = {
  id: PROFILE,
  shownId: PROFILE.toUpperCase(),
  name: 'Support',
  enabled: true,
  webhookUrl: 'https://example.test/hook',
  webhookFailoverUrl: 'https://example.test/other',
  webhookApiVersion: '2',
  destinations: ['US', 'CA'],
  pool: true,
  stickySender: true,
  spendLimit: '5.00',
};

/** What is read of one profile. */
function read(profile: Record<string, unknown>) {
  const body = readOneProfile(JSON.stringify({ data: { id: PROFILE, name: 'x', ...profile } }), clean);
  return body.kind === 'profiles' ? body.page.rows[0] : body;
}

describe('a profile', () => {
  it('shows what matters for its numbers, alone and in a list', () => {
    const other = { id: OTHER_PROFILE };
    expect(readOneProfile(JSON.stringify({ data: FULL }), clean)).toStrictEqual({
      kind: 'profiles',
      page: { rows: [SHOWN], total: 1, pages: 1 },
    });
    expect(profiles({ data: [FULL, other], meta: META })).toStrictEqual({
      kind: 'profiles',
      page: { rows: [SHOWN, { id: OTHER_PROFILE, name: '' }], total: 501, pages: 3 },
    });
  });

  it('keeps no secret, and nothing that it does not know', () => {
    const texts = [
      readOneProfile(JSON.stringify({ data: FULL }), clean),
      profiles({ data: [FULL], meta: { ...META, v1_secret: 'the-secret-of-it' } }),
      read({ v1_secret: 'the-secret-of-it', secret: { v1_secret: 'the-secret-of-it' } }),
    ].map((body) => JSON.stringify(body));
    for (const text of texts) {
      expect(text).not.toContain('secret');
      expect(text).not.toContain('org-1');
    }
  });

  it.each([
    [{ webhook_url: null }, { webhookUrl: null }],
    [{ webhook_url: '' }, { webhookUrl: null }],
    [{ number_pool_settings: null }, { pool: false, stickySender: false }],
    [{ number_pool_settings: {} }, { pool: true, stickySender: false }],
    [{ number_pool_settings: { sticky_sender: 'true' } }, { pool: true, stickySender: false }],
    [{ daily_spend_limit_enabled: false, daily_spend_limit: '5.00' }, { spendLimit: null }],
    [{ daily_spend_limit_enabled: true, daily_spend_limit: 7.5 }, { spendLimit: '7.5' }],
    [{ daily_spend_limit_enabled: true }, { spendLimit: '' }],
    [{ daily_spend_limit_enabled: true, daily_spend_limit: {} }, { spendLimit: '' }],
    [{ whitelisted_destinations: [] }, { destinations: [] }],
    [{ enabled: false }, { enabled: false }],
    [{ webhook_failover_url: '' }, { webhookFailoverUrl: null }],
    [{ alpha_sender: 'ACME' }, { settings: { 'alpha sender': 'ACME' } }],
    [{ alpha_sender: null, ai_assistant_id: 'a-1' }, { settings: { 'alpha sender': 'none', 'AI assistant': 'a-1' } }],
    [{ url_shortener_settings: null }, { settings: { 'URL shortener': 'off' } }],
    [{ url_shortener_settings: {} }, { settings: { 'URL shortener': 'on' } }],
    [{ url_shortener_settings: { domain: 'd.test', prefix: '' } }, { settings: { 'URL shortener': 'd.test' } }],
    [{ url_shortener_settings: { domain: 'd.test', prefix: 'us' } }, { settings: { 'URL shortener': 'd.test/us' } }],
    [
      { smart_encoding: true, mms_transcoding: false },
      { settings: { 'smart encoding': 'on', 'MMS transcoding': 'off' } },
    ],
    [{ mms_fall_back_to_sms: false }, { settings: { 'MMS falls back to SMS': 'off' } }],
    [{ mobile_only: true }, { settings: { 'mobile numbers only': 'on' } }],
    [{ redaction_enabled: false, redaction_level: 2 }, { settings: { redaction: 'off' } }],
    [{ redaction_enabled: true, redaction_level: 2 }, { settings: { redaction: 'level 2' } }],
    [{ redaction_enabled: true }, { settings: { redaction: 'on' } }],
    [{ name: null }, { name: '' }],
    [{ name: '\u200bSales \u202c' }, { name: 'Sales' }],
  ])('of %j shows %j', (profile, shown) => {
    expect(read(profile)).toStrictEqual({ id: PROFILE, name: 'x', ...shown });
  });

  it.each([
    {},
    { enabled: 'false' },
    { enabled: null },
    { webhook_url: 7 },
    { webhook_url: ['https://example.test'] },
    { webhook_api_version: 2 },
    { whitelisted_destinations: 'US' },
    { whitelisted_destinations: null },
    { whitelisted_destinations: ['US', { code: 'CA' }] },
    { number_pool_settings: false },
    { number_pool_settings: [] },
    { number_pool_settings: 'none' },
    { daily_spend_limit_enabled: 'true', daily_spend_limit: '5.00' },
    { daily_spend_limit: '5.00' },
    { alpha_sender: 7, url_shortener_settings: 'on', smart_encoding: 'on', redaction_enabled: 1 },
  ])('says nothing if what is sent is of another kind: %j', (profile) => {
    expect(read(profile)).toStrictEqual({ id: PROFILE, name: 'x' });
  });

  it.each(['{"data":null}', '{"data":[]}', '{"data":{}}', '{"data":{"id":7}}', '{}', '[]', 'null'])(
    'cannot be read from %s',
    (text) => {
      expect(readOneProfile(text, clean)).toEqual(UNREADABLE);
    },
  );
});

describe('what is on a profile', () => {
  const items = (data: unknown[], meta: unknown = META) => readProfileItemsPage(JSON.stringify({ data, meta }), clean);
  const answers = (data: unknown[]) => readKeywordAnswersPage(JSON.stringify({ data, meta: META }), clean);

  it('shows where it is', () => {
    const rows = [{ messaging_profile_id: PROFILE.toUpperCase() }, { messaging_profile_id: null }, { id: 'x' }];
    expect(items([...rows, { messaging_profile_id: 7 }])).toEqual({
      kind: 'profile_items',
      page: { rows: [{ profile: PROFILE }, { profile: null }, {}, { profile: null }], total: 501, pages: 3 },
    });
    expect(items([{}], null)).toMatchObject({ page: { isUncounted: true } });
    expect(items([null])).toEqual(UNREADABLE);
  });

  it('shows the answers to keywords', () => {
    const given = { country_code: 'us', op: 'STOP', keywords: ['STOP'], resp_text: 'Bye', id: 'x' };
    expect(answers([given, { keywords: [7], resp_text: null }])).toEqual({
      kind: 'keyword_answers',
      page: {
        rows: [
          { country: 'US', op: 'stop', keywords: ['STOP'], text: 'Bye' },
          { country: '', op: '', keywords: [], text: '' },
        ],
        total: 501,
        pages: 3,
      },
    });
    expect(answers(['x'])).toEqual(UNREADABLE);
  });
});

describe('every text of a page', () => {
  it('has been cleaned of the key and of control characters', () => {
    const key = 'KEY0123456789';
    const dirty = `${key}\u001b[2J`;
    const cleaner = createCleaner(key);
    const number = {
      ...{ id: dirty, phone_number: dirty, organization_id: dirty, messaging_profile_id: dirty },
      ...{ messaging_product: dirty, eligible_messaging_products: [dirty, dirty] },
    };
    const profile = {
      ...{
        id: PROFILE,
        name: dirty,
        webhook_url: dirty,
        webhook_api_version: dirty,
        whitelisted_destinations: [dirty],
      },
      ...{ daily_spend_limit: dirty, daily_spend_limit_enabled: true },
      ...{ webhook_failover_url: dirty, alpha_sender: dirty, ai_assistant_id: dirty },
      url_shortener_settings: { domain: dirty, prefix: dirty },
    };
    const answer = { country_code: dirty, op: dirty, keywords: [dirty], resp_text: dirty };
    for (const body of [
      readNumbersPage(JSON.stringify({ data: [number], meta: META }), cleaner),
      readProfilesPage(JSON.stringify({ data: [profile], meta: META }), cleaner),
      readOneProfile(JSON.stringify({ data: profile }), cleaner),
      readKeywordAnswersPage(JSON.stringify({ data: [answer], meta: META }), cleaner),
    ]) {
      const text = JSON.stringify(body);
      expect(text.toLowerCase()).not.toContain(key.toLowerCase());
      expect(text).not.toContain('\\u001b');
      expect(text).toContain('[key]');
    }
  });

  it('never makes a reader throw', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (data, meta) => {
        for (const reader of [
          readNumbersPage,
          readProfilesPage,
          readOneProfile,
          readProfileItemsPage,
          readKeywordAnswersPage,
        ]) {
          const { kind } = reader(`{"data":${data},"meta":${meta}}`, clean);
          expect(['numbers', 'profiles', 'profile_items', 'keyword_answers', 'unreadable']).toContain(kind);
        }
      }),
    );
  });
});

describe('the owners of phone numbers', () => {
  const read = (data: unknown) => readOwnership(JSON.stringify({ data }), (text) => text.replace('KEY', '[key]'));

  it('are read with their ids, and what is not as documented is left out', () => {
    const found = [
      { id: '12', number_val_e164: '+12' },
      { id: '../x', number_val_e164: '+13' },
      { id: 14, number_val_e164: '+14' },
      { id: '15' },
      null,
      { id: '16', number_val_e164: 'KEY' },
    ];
    expect(read({ found, not_found: ['+17', 18, 'KEY'] })).toEqual({
      kind: 'ownership',
      found: [
        { id: '12', phoneNumber: '+12' },
        { id: '16', phoneNumber: '[key]' },
      ],
      notFound: ['+17', '[key]'],
    });
  });

  it.each([null, {}, [], { found: [] }, { not_found: [] }, { found: {}, not_found: [] }])('are not in %j', (data) => {
    expect(read(data)).toEqual({ kind: 'unreadable' });
  });
});
