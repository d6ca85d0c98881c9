import { describe, expect, it } from 'vitest';
import { readSettings, readWholeSettings } from '../../../src/core/api/parse-settings.ts';

const read = (data: Record<string, unknown>) => readSettings(data, (text) => text.slice());

describe('the settings of a number', () => {
  it.each([
    ['long-code', 'longcode'],
    ['long_code', 'longcode'],
    ['longcode', 'longcode'],
    ['Toll-Free', 'tollfree'],
    ['short code', 'shortcode'],
    ['landline', 'landline'],
    ['x'.repeat(50), 'x'.repeat(40)],
  ])('show the type %s as %s', (type, shown) => {
    expect(read({ type })).toStrictEqual({ type: shown });
  });

  it('show country, traffic type, tags and figures', () => {
    const health = { message_count: 122, success_ratio: 0.9, spam_ratio: 0, inbound_outbound_ratio: 1 };
    expect(read({ country_code: 'us', traffic_type: 'A2P', tags: ['a'], health })).toStrictEqual({
      country: 'US',
      traffic: 'A2P',
      tags: ['a'],
      health: { messages: 122, success: 0.9, spam: 0 },
    });
    expect(read({ health: { message_count: 0, spam_ratio: '1' } })).toStrictEqual({
      health: { messages: 0, success: null, spam: null },
    });
  });

  it.each([
    { type: null },
    { type: '' },
    { country_code: 'USA' },
    { country_code: 1 },
    { traffic_type: null },
    { tags: [1] },
    { health: null },
    { health: { message_count: 'many' } },
  ])('do not show what is of another kind: %j', (data) => {
    expect(read(data)).toStrictEqual({});
  });
});

describe('the other fields of a number', () => {
  const others = (data: Record<string, unknown>, clean = (text: string) => text) =>
    readWholeSettings(data, clean).others;

  it('are all but those that a change of profile changes too, and those that change by themselves', () => {
    const data = {
      id: 'n1',
      record_type: 'messaging_settings',
      messaging_profile_id: 'p1',
      messaging_profile_name: 'Sales',
      messaging_product: 'A2P',
      health: { other: 1 },
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-02T00:00:00Z',
      traffic_type: null,
      campaign: 7,
    };
    expect(readWholeSettings(data, (text) => text.slice())).toStrictEqual({
      id: 'n1',
      profile: 'p1',
      product: 'A2P',
      updatedAt: '2026-01-02T00:00:00Z',
      others: { id: '"n1"', messaging_product: '"A2P"', traffic_type: 'null', campaign: '7' },
    });
    expect(readWholeSettings({}, (text) => text.slice())).toStrictEqual({ others: {} });
  });

  it('are the same in any order of lists and fields', () => {
    const one = { tags: ['b', 'a', 'b'], features: { sms: { domestic: true, international: [2, { x: 1, y: 2 }] } } };
    const same = { features: { sms: { international: [{ y: 2, x: 1 }, 2], domestic: true } }, tags: ['a', 'b'] };
    expect(others(same)).toStrictEqual(others(one));
    expect(others(one)?.tags).toBe('["a","b"]');
    expect(others({ ...one, tags: ['a'] })).not.toStrictEqual(others(one));
  });

  it('are cleaned, and limited in number', () => {
    const clean = (text: string) => text.replaceAll('secret', '[key]');
    expect(others({ 'a secret': ['secret', { secret: 'x' }] }, clean)).toStrictEqual({
      'a [key]': '["[key]",{"[key]":"x"}]',
    });
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`f${at}`, at]));
    expect(Object.keys(others(many) ?? {})).toHaveLength(200);
  });
});
