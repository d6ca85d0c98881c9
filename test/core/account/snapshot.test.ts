import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccount } from '../../../src/core/account/snapshot.ts';
import { sha256 } from '../../support/digests.ts';
import { OTHER_PROFILE, PROFILE } from '../../support/make.ts';

const byId = (id: string, phoneNumber = '') => ({ id, phoneNumber });
const byPhone = (phoneNumber: string) => ({ id: '', phoneNumber });

describe('an account', () => {
  it('knows of the numbers that rows name what reads have shown, and counts what is left to read', () => {
    const account = createAccount(sha256);
    for (const named of [byId('a'), byId('b', '+12'), byId('b', '+12'), byPhone('+13'), byPhone('+13')]) {
      account.want(named);
    }
    expect(account.demand()).toEqual({ ids: 2, idsWithPhone: 1, phones: 1 });
    expect(account.isUnread(byId('a'))).toBe(true);
    expect(account.isUnread(byPhone('+13'))).toBe(true);
    expect(account.of(byId('a'))).toEqual({ state: 'unread' });
    expect(account.of(byPhone('+13'))).toEqual({ state: 'unread' });
    // One that no row names is not gone: it has not been asked for.
    expect([account.of(byId('nobody')), account.of(byPhone('+7777'))]).toEqual([
      { state: 'unread' },
      { state: 'unread' },
    ]);

    expect(account.add({ id: 'x', phoneNumber: '+99', organizationId: 'org' })).toBe(false);
    expect(account.add({ phoneNumber: '+99' })).toBe(false);
    const b = { profile: PROFILE, product: 'A2P', phoneNumber: '+12', eligible: ['A2P', 'P2P'] };
    expect(account.add({ id: 'b', organizationId: 'other', ...b })).toBe(true);
    expect(account.add({ id: 'c', phoneNumber: '+13', profile: null, eligible: [] })).toBe(true);
    expect(account.demand()).toEqual({ ids: 1, idsWithPhone: 0, phones: 0 });
    expect(account.of(byId('b', '+12'))).toEqual({ state: 'found', id: 'b', shown: b });
    const c = { profile: null, phoneNumber: '+13', eligible: [] };
    expect(account.of(byPhone('+13'))).toEqual({ state: 'found', id: 'c', shown: c });
    expect(account.seen()).toBe(3);
    expect(account.organization()).toBe('org');

    account.refuse(byId('a'), null);
    expect(account.of(byId('a'))).toEqual({ state: 'absent' });
    expect(account.isUnread(byId('a'))).toBe(false);
    expect(account.demand()).toEqual({ ids: 0, idsWithPhone: 0, phones: 0 });
  });

  it('finds a number that one row names by id and another by phone number under both', () => {
    const account = createAccount(sha256);
    account.want(byId('a'));
    account.want(byPhone('+12'));
    account.add({ id: 'a', phoneNumber: '+12', profile: OTHER_PROFILE });
    expect(account.demand()).toEqual({ ids: 0, idsWithPhone: 0, phones: 0 });
    const known = { state: 'found', id: 'a', shown: { profile: OTHER_PROFILE, phoneNumber: '+12' } };
    expect([account.of(byId('a')), account.of(byPhone('+12'))]).toEqual([known, known]);
  });

  it('counts the numbers that reads have shown, each once, and those on a profile', () => {
    const account = createAccount(sha256);
    account.want(byId('a'));
    expect([account.seen(), account.seenOn(PROFILE)]).toEqual([0, 0]);
    for (const profile of [PROFILE, OTHER_PROFILE]) account.add({ id: 'a', profile });
    account.add({ id: 'b', profile: PROFILE });
    account.add({ id: 'c', profile: null });
    account.add({ id: 'd' });
    expect(account.seen()).toBe(4);
    expect([PROFILE, OTHER_PROFILE, 'UNASSIGN', ''].map(account.seenOn)).toEqual([2, 0, 0, 0]);
  });

  it('tells the profiles that numbers are on which rows name, each once', () => {
    const account = createAccount(sha256);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) account.want(byId(id));
    account.want(byPhone('+12'));
    expect(account.profiles()).toEqual([]);
    account.add({ id: 'a', profile: PROFILE });
    account.add({ id: 'b', profile: PROFILE });
    account.add({ id: 'c', profile: null });
    account.add({ id: 'd' });
    account.refuse(byId('e'), 'HTTP 403');
    account.add({ id: 'x', profile: 'of a number that no row names' });
    expect(account.profiles()).toEqual([PROFILE]);
    account.add({ id: 'y', phoneNumber: '+12', profile: OTHER_PROFILE });
    expect(account.profiles()).toEqual([PROFILE, OTHER_PROFILE]);
  });

  it('knows one that a phone number has led to by the number, and counts what is left by how it is named', () => {
    const account = createAccount(sha256);
    account.want(byPhone('+12'));
    account.want(byId('b', '+13'));
    account.want(byId('c', '+14'));
    account.add({ id: 'a', phoneNumber: '+12', product: null });
    expect(account.demand()).toEqual({ ids: 2, idsWithPhone: 2, phones: 0 });
    account.refuse(byId('b', '+13'), 'HTTP 403');
    expect(account.demand()).toEqual({ ids: 1, idsWithPhone: 1, phones: 0 });
    expect(account.of(byPhone('+12'))).toEqual({ state: 'found', id: 'a', shown: { phoneNumber: '+12' } });
    expect(account.of(byId('b', '+13'))).toEqual({ state: 'unreadable', why: 'HTTP 403' });
    account.add({ id: 'b', phoneNumber: '+13' });
    expect(account.of(byId('b'))).toEqual({ state: 'found', id: 'b', shown: { phoneNumber: '+13' } });
  });

  it('takes a later look at a number for the true one', () => {
    const account = createAccount(sha256);
    account.want(byId('a'));
    account.add({ id: 'a', profile: PROFILE });
    account.add({ id: 'a', profile: null, phoneNumber: 'sip:7' });
    expect(account.of(byId('a'))).toEqual({ state: 'found', id: 'a', shown: { profile: null } });
  });

  it('tells what cannot be read from what is not there', () => {
    const account = createAccount(sha256);
    for (const named of [byId('a'), byId('b'), byPhone('+12'), byPhone('+13')]) account.want(named);
    account.refuse(byId('a'), 'HTTP 403');
    account.refuse(byPhone('+12'), null);
    account.refuse(byPhone('+12'), null);
    expect(account.demand()).toEqual({ ids: 1, idsWithPhone: 0, phones: 1 });
    account.close();
    expect(account.of(byId('a'))).toEqual({ state: 'unreadable', why: 'HTTP 403' });
    for (const named of [byId('b'), byPhone('+12'), byPhone('+13')]) {
      expect(account.of(named)).toEqual({ state: 'absent' });
    }
    expect(account.demand()).toEqual({ ids: 0, idsWithPhone: 0, phones: 0 });
  });

  it('keeps thousands of numbers apart', () => {
    const account = createAccount(sha256);
    const ids = Array.from({ length: 5000 }, (_, at) => `id-${at}`);
    const phones = ids.map((_, at) => `+1800${String(at).padStart(7, '0')}`);
    for (const id of ids) account.want(byId(id));
    for (const phone of phones) account.want(byPhone(phone));
    for (const [at, id] of ids.entries()) {
      account.add({
        id,
        phoneNumber: phones[at] as string,
        product: `P${at % 7}`,
        profile: at % 2 === 0 ? PROFILE : null,
      });
    }
    expect(account.demand()).toEqual({ ids: 0, idsWithPhone: 0, phones: 0 });
    for (const [at, id] of ids.entries()) {
      const shown = { phoneNumber: phones[at], product: `P${at % 7}`, profile: at % 2 === 0 ? PROFILE : null };
      expect(account.of(byId(id))).toEqual({ state: 'found', id, shown });
      expect(account.of(byPhone(phones[at] as string))).toEqual({ state: 'found', id, shown });
    }
  });

  it('gives back whatever was shown, for any settings', () => {
    const text = fc.string({ minLength: 1, maxLength: 8 }).filter((given) => !given.includes('\n'));
    const settings = fc.record(
      {
        profile: fc.oneof(fc.constant(null), fc.uuid()),
        product: text,
        eligible: fc.array(text, { maxLength: 3 }),
        phoneNumber: fc.integer({ min: 10, max: 999_999_999_999_999 }).map((n) => `+${n}`),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(text, settings), { selector: ([id]) => id }), (numbers) => {
        const account = createAccount(sha256);
        for (const [id] of numbers) account.want(byId(id));
        for (const [id, shown] of numbers) account.add({ id, ...shown });
        for (const [id, shown] of numbers) expect(account.of(byId(id))).toEqual({ state: 'found', id, shown });
      }),
    );
  });
});
