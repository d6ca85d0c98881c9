import { describe, expect, it } from 'vitest';
import { makeState } from '../../../src/sandbox/account/generate.ts';
import { plainTypeOf } from '../../../src/sandbox/account/number-types.ts';
import { exampleIds, parseState } from '../../../src/sandbox/server.ts';
import { id, profile } from '../../support/sandbox/client.ts';

const on = (messaging_profile_id: string) => expect.objectContaining({ messaging_profile_id });

describe('made accounts', () => {
  it('makes the same numbers each time', () => {
    expect(makeState(25, 3)).toEqual(makeState(25, 3));
    expect(makeState(2, 1).numbers).toEqual([
      {
        id: '1293384261000000011',
        phone_number: '+18000000001',
        type: 'toll-free',
        country_code: 'US',
        messaging_profile_id: '00000000-0000-4000-8000-000000000001',
        messaging_product: 'A2P',
        eligible_messaging_products: ['A2P', 'P2P'],
        updated_at: '2026-01-01T00:00:00.000Z',
      },
      expect.objectContaining({ id: id(2), phone_number: '+18000000002' }),
    ]);
  });

  it('makes ids of 19 digits that do not look rounded', () => {
    for (const { id, phone_number } of makeState(1000, 1).numbers) {
      expect(id).toMatch(/^\d{18}[1-9]$/);
      expect(phone_number).toMatch(/^\+[1-9]\d{1,14}$/);
    }
  });

  it('spreads the numbers over the profiles in turn', () => {
    const assigned = makeState(7, 3).numbers.map((number) => number.messaging_profile_id);
    expect(assigned).toEqual([1, 2, 3, 1, 2, 3, 1].map(profile));
    expect(makeState(1, 0).numbers[0]?.messaging_profile_id).toBeNull();
  });

  it('makes every tenth number eligible for A2P only', () => {
    const onlyA2p = makeState(30, 1).numbers.flatMap((number, index) =>
      number.eligible_messaging_products?.includes('P2P') ? [] : [index + 1],
    );
    expect(onlyA2p).toEqual([10, 20, 30]);
  });

  it('makes numbers of every type in both spellings, and opt-outs and short codes of their profiles', () => {
    const { numbers, opt_outs, short_codes } = makeState(400, 3);
    const spellings = (a: string, b: string) => [`${a}-${b}`, `${a}${b}`];
    const types = [...spellings('long', 'code'), ...spellings('short', 'code'), ...spellings('toll', 'free')];
    expect([...new Set(numbers.map((number) => number.type))].sort()).toEqual(types.sort());
    expect(new Set(numbers.slice(0, 20).map((number) => plainTypeOf(number.type)))).toEqual(new Set(['tollfree']));
    expect(opt_outs?.length).toBe(134);
    expect(new Set(short_codes?.map((shortCode) => shortCode.messaging_profile_id))).toEqual(
      new Set([profile(1), profile(2)]),
    );
  });

  it('puts something of each on the first profile', () => {
    const { numbers: _, profiles: __, ...contents } = makeState(10, 3);
    for (const rows of Object.values(contents)) expect(rows).toContainEqual(on(profile(1)));
    expect(Object.keys(contents)).toHaveLength(5);
    expect(parseState(JSON.stringify(makeState(10, 3)))).toEqual(makeState(10, 3));
    expect(makeState(10, 0)).toMatchObject({ short_codes: [], hosted_numbers: [], keyword_answers: [] });
  });

  it.each([-1, 1.5, Number.NaN, 10_000_000])('refuses to make %s numbers', (count) => {
    expect(() => makeState(count, 1)).toThrow(RangeError);
    expect(() => makeState(1, count)).toThrow(RangeError);
  });
});

describe('given accounts', () => {
  it('keeps given fields and fills in the rest', () => {
    const { numbers, profiles } = makeState(
      [
        { id: 'a' },
        { id: 'b', phone_number: '+12125550100', messaging_profile_id: 'DD50EBA1-A0C0-4563-9925-B25E842A7CB6' },
        { id: 'c', phone_number: null, messaging_product: 'P2P', eligible_messaging_products: ['P2P'] },
      ],
      [{ id: 'DD50EBA1-A0C0-4563-9925-B25E842A7CB6' }, { id: profile(9), name: 'Night shift', enabled: false }],
    );
    expect(numbers.map((number) => [number.phone_number, number.type, number.messaging_profile_id])).toEqual([
      ['+18000000001', 'toll-free', null],
      ['+12125550100', 'longcode', 'dd50eba1-a0c0-4563-9925-b25e842a7cb6'],
      ['+18000000002', 'tollfree', null],
    ]);
    expect(numbers.map((number) => number.eligible_messaging_products)).toEqual([
      ['A2P', 'P2P'],
      ['A2P', 'P2P'],
      ['P2P'],
    ]);
    expect(profiles).toMatchObject([
      { id: 'dd50eba1-a0c0-4563-9925-b25e842a7cb6', name: 'Profile 1', enabled: true },
      { id: profile(9), name: 'Night shift', enabled: false },
    ]);
  });

  it('keeps what else is given of a number', () => {
    const health = { message_count: 5, inbound_outbound_ratio: 1, success_ratio: 0.5, spam_ratio: 0 };
    const others = { country_code: 'CA', tags: ['night'], campaign: null, health, hidden_fields: ['type'] };
    const { numbers } = makeState([{ id: 'a', ...others }, { id: 'b' }], 1);
    expect(numbers[0]).toMatchObject(others);
    expect(Object.keys(numbers[1] ?? {})).not.toEqual(expect.arrayContaining(['health']));
  });

  it('never makes a phone number that a later entry has', () => {
    const { numbers } = makeState([{ id: 'a' }, { id: 'b' }, { id: 'c', phone_number: '+18000000001' }], 1);
    expect(numbers.map((number) => number.phone_number)).toEqual(['+18000000002', '+18000000003', '+18000000001']);
  });

  it('makes given numbers eligible for both products, even the tenth', () => {
    const { numbers } = makeState(
      Array.from({ length: 20 }, (_, index) => ({ id: `n${index}` })),
      1,
    );
    expect(numbers.every((number) => number.eligible_messaging_products?.includes('P2P'))).toBe(true);
  });

  it('keeps the first entry of a repeated id, and reads an iterable only once', () => {
    function* given() {
      yield { id: 'a', messaging_product: 'P2P' };
      yield { id: 'a', messaging_product: 'A2P' };
    }
    expect(makeState(given(), new Set([{ id: profile(1) }])).numbers).toMatchObject([
      { id: 'a', messaging_product: 'P2P' },
    ]);
  });
});

describe('exampleIds', () => {
  it('returns the first ids, and no more than exist', () => {
    const state = makeState(3, 1);
    expect(exampleIds(state, 2)).toEqual([id(1), id(2)]);
    expect(exampleIds(state, 9)).toHaveLength(3);
    expect(exampleIds(state, -1)).toEqual([]);
  });
});
