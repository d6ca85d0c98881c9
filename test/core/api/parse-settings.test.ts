import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../src/core/api/parse-settings.ts';

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
