import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../src/core/api/parse-body.ts';
import { createCleaner } from '../../../src/core/text/redact.ts';
import { ID, PHONE, PROFILE } from '../../support/make.ts';

// As every real one, it takes nothing but text.
const read = (value: unknown) => readBody(JSON.stringify(value), (text) => text.slice());
const UNREADABLE = { kind: 'unreadable' };

describe('a body with data', () => {
  it('shows id, phone number, account, profile and product', () => {
    const data = {
      record_type: 'messaging_settings',
      id: ID,
      phone_number: PHONE,
      organization_id: 'org-1',
      messaging_profile_id: PROFILE.toUpperCase(),
      messaging_product: 'A2P',
      health: null,
    };
    expect(read({ data })).toEqual({
      kind: 'settings',
      settings: { id: ID, phoneNumber: PHONE, organizationId: 'org-1', profile: PROFILE, product: 'A2P' },
    });
  });

  it.each([
    [
      { messaging_profile_id: null, messaging_product: null },
      { profile: null, product: null },
    ],
    [
      { messaging_profile_id: '', messaging_product: '' },
      { profile: null, product: null },
    ],
    [{}, {}],
    [{ messaging_profile_id: PROFILE }, { profile: PROFILE }],
  ])('%j: null and "" are unassigned, what is absent is unknown', (data, settings) => {
    expect(read({ data })).toStrictEqual({ kind: 'settings', settings });
  });

  it('takes no value of another type for one', () => {
    const data = {
      id: 12,
      phone_number: 18005550001,
      organization_id: 7,
      messaging_profile_id: [PROFILE],
      messaging_product: false,
    };
    expect(read({ data })).toStrictEqual({ kind: 'settings', settings: {} });
  });

  it('is believed beside an empty list of errors', () => {
    expect(read({ data: { messaging_product: 'A2P' }, errors: [] })).toEqual({
      kind: 'settings',
      settings: { product: 'A2P' },
    });
  });
});

describe('a body with errors', () => {
  it('shows code, title, detail and pointer of each', () => {
    const errors = [
      { code: '10015', title: 'Bad Request', detail: 'no such', source: { pointer: '/messaging_product' } },
      { code: '10016', title: 'T', source: { parameter: 'id' }, meta: { url: 'https://x' } },
    ];
    expect(read({ errors })).toEqual({
      kind: 'errors',
      errors: [
        { code: '10015', title: 'Bad Request', detail: 'no such', pointer: '/messaging_product' },
        { code: '10016', title: 'T', detail: '', pointer: 'id' },
      ],
    });
  });

  it('is about errors even if there is data', () => {
    expect(read({ data: { id: ID }, errors: [{ code: '1', title: 't' }] })).toMatchObject({ kind: 'errors' });
  });

  it('takes a code that is a number for its digits', () => {
    expect(read({ errors: [{ code: 10036, title: 1.5 }] })).toEqual({
      kind: 'errors',
      errors: [{ code: '10036', title: '1.5', detail: '', pointer: '' }],
    });
  });

  it('keeps ten of them', () => {
    const errors = Array.from({ length: 12 }, (_, at) => ({ code: String(at), title: '' }));
    const body = read({ errors });
    expect(body.kind === 'errors' && body.errors.map(({ code }) => code)).toEqual([...'0123456789']);
  });

  it.each([
    [[null]],
    [['x']],
    [[[]]],
    [[7]],
    [[{ code: null, title: {}, detail: ['x'], source: 'x' }]],
    [[{ source: [] }]],
  ])('has empty texts if %j holds none', (errors) => {
    expect(read({ errors })).toEqual({ kind: 'errors', errors: [{ code: '', title: '', detail: '', pointer: '' }] });
  });
});

describe('any other body', () => {
  it.each([
    '',
    ' ',
    'null',
    'true',
    '7',
    '"data"',
    '[]',
    '[{"data":{}}]',
    '{}',
    '{"data":null}',
    '{"data":[]}',
    '{"data":"x"}',
    '{"errors":{}}',
    '{"errors":[]}',
    '{"errors":"x"}',
    '{"data":{"id":"1"}',
    '{"data":{"id":"1"}}{}',
    '<html>502</html>',
    '{"__proto__":{"data":{"id":"1"}}}',
    '\ufeff{"data":{}}',
  ])('%j cannot be read', (text) => {
    expect(readBody(text, (any) => any)).toEqual(UNREADABLE);
  });

  it('of a hundred thousand nested lists is not parsed', () => {
    const why = 'JSON nested over 100 levels';
    expect(readBody('['.repeat(100_000), (any) => any)).toEqual({ ...UNREADABLE, why });
    expect(readBody(`${'['.repeat(100_000)}${']'.repeat(100_000)}`, (any) => any)).toEqual({ ...UNREADABLE, why });
  });

  it('is never taken for settings that it does not show', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((json) => `{"data":${json},"errors":null}`),
        ),
        (text) => {
          const body = readBody(text, (any) => any);
          if (body.kind !== 'settings') return;
          const { data } = JSON.parse(text);
          if (body.settings.product !== undefined) expect(data.messaging_product || null).toBe(body.settings.product);
          if (body.settings.id !== undefined) expect(data.id).toBe(body.settings.id);
        },
      ),
    );
  });
});

describe('every text that is kept', () => {
  it('has been cleaned of the key and of control characters', () => {
    const key = 'KEY0123456789';
    const dirty = `${key}\u001b[2J`;
    const error = { code: dirty, title: dirty, detail: dirty, source: { pointer: dirty } };
    const data = {
      id: dirty,
      phone_number: dirty,
      organization_id: dirty,
      messaging_profile_id: dirty,
      messaging_product: dirty,
    };
    const texts = [{ errors: [error] }, { errors: [{ source: { parameter: dirty } }] }, { data }].map((value) =>
      JSON.stringify(readBody(JSON.stringify(value), createCleaner(key))),
    );
    for (const text of texts) {
      expect(text.toLowerCase()).not.toContain(key.toLowerCase());
      expect(text).not.toContain('\\u001b');
    }
    expect(texts[2]).toBe(
      JSON.stringify({
        kind: 'settings',
        settings: {
          id: '[key]\\x1b[2J',
          phoneNumber: '[key]\\x1b[2J',
          organizationId: '[key]\\x1b[2J',
        },
      }),
    );
  });
});
