import { describe, expect, it } from 'vitest';
import { chooses, readFilters } from '../../../src/core/export/filters.ts';
import { PROFILE } from '../../support/make.ts';

const NO_FILTERS = { profile: null, product: null, type: null, country: null, contains: null, tag: null };
const read = (given: Partial<Record<keyof typeof NO_FILTERS, string>>) => readFilters({ ...NO_FILTERS, ...given });

describe('the filters of an export', () => {
  it('are none by default', () => {
    expect(read({})).toEqual({});
  });

  it.each([
    [{ profile: 'Old' }, { typedProfile: 'Old' }],
    [{ profile: 'None' }, { typedProfile: null }],
    [{ profile: 'unassign' }, { typedProfile: null }],
    [{ product: ' A2P ' }, { product: 'A2P' }],
    [{ type: 'long-code' }, { type: 'longcode' }],
    [{ type: 'Toll Free' }, { type: 'tollfree' }],
    [{ country: 'us' }, { country: 'US' }],
    [{ contains: '+1 (312) 555' }, { contains: '+1312555' }],
    [{ tag: 'vip ' }, { tag: 'vip' }],
  ])('read %j as %j', (given, filters) => {
    expect(read(given)).toEqual(filters);
  });

  it('are refused together', () => {
    expect(read({ product: 'A 2', type: 'fax', country: 'USA', contains: 'abc' })).toEqual({
      errors: [
        '--product must be a product such as A2P, not "A 2"',
        '--type must be longcode, tollfree or shortcode, not "fax"',
        '--country must be two letters such as US, not "USA"',
        '--contains must be digits such as 312555, not "abc"',
      ],
    });
  });

  const shown = {
    profile: PROFILE,
    product: 'A2P',
    type: 'longcode',
    country: 'US',
    phoneNumber: '+13125550001',
    tags: ['vip'],
  };

  it.each([
    { profile: PROFILE },
    { product: 'A2P' },
    { type: 'longcode' },
    { country: 'US' },
    { contains: '+1312' },
    { contains: '5550' },
    { tag: 'vip' },
  ])('%j chooses a number that has it, and knows if that is not shown', (filter) => {
    expect(chooses(filter, shown)).toBe('chosen');
    expect(chooses(filter, {})).toBe('unknown');
    expect(chooses({ ...filter, profile: 'other' }, { profile: PROFILE })).toBe('other');
  });

  it.each([
    [{ profile: null }, { profile: null }, 'chosen'],
    [{ profile: null }, { profile: PROFILE }, 'other'],
    [{ product: 'A2P' }, { product: null }, 'other'],
    [{ tag: 'vip' }, { tags: ['vip2'] }, 'other'],
    [{ contains: '+312' }, { phoneNumber: '+13125550001' }, 'other'],
    [{}, {}, 'chosen'],
  ])('%j of %j: %s', (filter, has, verdict) => {
    expect(chooses(filter, has)).toBe(verdict);
  });
});
