import { describe, expect, it } from 'vitest';
import type { ShownSettings } from '../../../src/core/api/response.ts';
import { contradiction, difference, phoneMismatch } from '../../../src/core/attempt/difference.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { ID, makeEntry, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

const both = makeEntry({ phoneNumber: PHONE, profileTarget: PROFILE, productTarget: 'P2P' });
const profileText = (now: string) => `messaging_profile_id is ${now}, wanted ${PROFILE}`;
const productText = (now: string) => `messaging_product is ${now}, wanted P2P`;

describe('the difference between an answer and the targets of a row', () => {
  it.each([
    ['profile applied, product not', { profile: PROFILE, product: 'A2P' }, productText('A2P')],
    ['product applied, profile not', { profile: OTHER_PROFILE, product: 'P2P' }, profileText(OTHER_PROFILE)],
    ['profile applied, product not shown', { profile: PROFILE }, productText('not shown')],
    ['product applied, profile not shown', { product: 'P2P' }, profileText('not shown')],
    [
      'neither profile nor product applied',
      { profile: null, product: 'A2P' },
      `${profileText('UNASSIGN')}; ${productText('A2P')}`,
    ],
    [
      'profile not shown, product not applied',
      { product: 'A2P' },
      `${profileText('not shown')}; ${productText('A2P')}`,
    ],
    [
      'profile not applied, product not shown',
      { profile: null },
      `${profileText('UNASSIGN')}; ${productText('not shown')}`,
    ],
    ['profile not shown, product not shown', {}, `${profileText('not shown')}; ${productText('not shown')}`],
  ] satisfies [string, ShownSettings, string][])('says which half was applied: %s', (halves, shown, fields) => {
    expect(difference(both, shown)).toBe(`${fields} (${halves})`);
  });

  it('names no halves if a row changes only one field', () => {
    expect(difference(makeEntry(), { profile: null, product: 'A2P' })).toBe(profileText('UNASSIGN'));
    expect(difference(makeEntry({ profileTarget: '', productTarget: 'P2P' }), { product: 'A2P' })).toBe(
      productText('A2P'),
    );
  });

  it('names no halves of a number that the answer is not about', () => {
    expect(difference(both, { id: '77', profile: PROFILE, product: 'A2P' })).toBe(
      `the answer is about the id "77"; ${productText('A2P')}`,
    );
  });

  it.each([
    ['the id of the row', makeEntry(), { id: ID }, true],
    ['the phone number of the row', both, { id: PHONE, phoneNumber: PHONE }, true],
    ['its phone number alone', both, { id: PHONE }, true],
    ['its phone number without the plus', both, { id: PHONE.slice(1) }, true],
    [
      'the phone number in the answer, which the row does not name',
      makeEntry(),
      { id: PHONE, phoneNumber: PHONE },
      true,
    ],
    ['another phone number', both, { id: '+18005550002' }, false],
    ['a phone number, and nothing says whose', makeEntry(), { id: PHONE }, false],
    ['another id', both, { id: '77' }, false],
    ['nothing', both, { id: '' }, false],
  ] satisfies [string, PlanEntry, ShownSettings, boolean][])('accepts as id: %s', (_what, entry, named, isAccepted) => {
    const shown = { profile: PROFILE, product: 'P2P', ...named };
    expect(difference(entry, shown)).toBe(isAccepted ? '' : `the answer is about the id "${named.id}"`);
  });
});

describe('the contradiction between a read and the targets of a row', () => {
  it.each([
    ['nothing that is at its target', both, { profile: PROFILE, product: 'P2P' }, ''],
    ['nothing that is not shown', both, { profile: PROFILE }, ''],
    ['nothing about another id', both, { id: '77', profile: null, product: null }, ''],
    [
      'a shown field, although the other is not shown',
      both,
      { product: 'A2P' },
      `${productText('A2P')} (profile not shown, product not applied)`,
    ],
    [
      'one half',
      both,
      { id: PHONE, profile: PROFILE, product: 'A2P' },
      `${productText('A2P')} (profile applied, product not)`,
    ],
    ['no product', makeEntry(), { profile: null, product: null }, profileText('UNASSIGN')],
  ] satisfies [string, PlanEntry, ShownSettings, string][])('is %s', (_what, entry, shown, expected) => {
    expect(contradiction(entry, shown)).toBe(expected);
  });
});

it('phone numbers differ only if both sides name one', () => {
  expect(phoneMismatch(both, { phoneNumber: PHONE })).toBeNull();
  expect(phoneMismatch(both, {})).toBeNull();
  expect(phoneMismatch(makeEntry(), { phoneNumber: PHONE })).toBeNull();
  expect(phoneMismatch(both, { phoneNumber: '+18005550002' })).toBe(
    `the file says ${PHONE}, the account has +18005550002 under this id`,
  );
});
