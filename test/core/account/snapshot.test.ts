import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSnapshot } from '../../../src/core/account/snapshot.ts';
import { quoted } from '../../../src/core/text/text.ts';
import { sha256 } from '../../support/digests.ts';
import { OTHER_PROFILE, PROFILE } from '../../support/make.ts';

const byId = (id: string, phoneNumber = '') => ({ id, phoneNumber });
const byPhone = (phoneNumber: string) => ({ id: '', phoneNumber });

describe('an account', () => {
  it('knows of the numbers that rows name what reads have shown, and counts what is left to read', () => {
    const account = createSnapshot(sha256);
    for (const named of [byId('a'), byId('b', '+12'), byId('b', '+12'), byPhone('+13'), byPhone('+13')]) {
      account.addWanted(named);
    }
    expect(account.unreadCounts()).toEqual({ ids: 2, idsWithPhone: 1, phones: 1 });
    expect(account.isUnread(byId('a'))).toBe(true);
    expect(account.isUnread(byPhone('+13'))).toBe(true);
    expect(account.stateOf(byId('a'))).toEqual({ state: 'unread' });
    expect(account.stateOf(byPhone('+13'))).toEqual({ state: 'unread' });
    // One that no row names is not gone: it has not been asked for.
    expect([account.stateOf(byId('absent')), account.stateOf(byPhone('+7777'))]).toEqual([
      { state: 'unread' },
      { state: 'unread' },
    ]);

    expect(account.addShown({ id: 'x', phoneNumber: '+99', organizationId: 'org' })).toBe(false);
    expect(account.addShown({ phoneNumber: '+99' })).toBe(false);
    const b = { profile: PROFILE, product: 'A2P', phoneNumber: '+12', eligible: ['A2P', 'P2P'] };
    expect(account.addShown({ id: 'b', organizationId: 'other', ...b })).toBe(true);
    expect(account.addShown({ id: 'c', phoneNumber: '+13', profile: null, eligible: [] })).toBe(true);
    expect(account.unreadCounts()).toEqual({ ids: 1, idsWithPhone: 0, phones: 0 });
    expect(account.stateOf(byId('b', '+12'))).toEqual({ state: 'found', id: 'b', shown: b });
    const c = { profile: null, phoneNumber: '+13', eligible: [] };
    expect(account.stateOf(byPhone('+13'))).toEqual({ state: 'found', id: 'c', shown: c });
    expect(account.countShown()).toBe(3);
    expect(account.organization()).toBe('org');

    account.addRefused(byId('a'), null);
    expect(account.stateOf(byId('a'))).toEqual({ state: 'absent' });
    expect(account.isUnread(byId('a'))).toBe(false);
    expect(account.unreadCounts()).toEqual({ ids: 0, idsWithPhone: 0, phones: 0 });
  });

  it('keeps type and country of each number, and the rest only for a command that asks for it', () => {
    const plain = { profile: null, phoneNumber: '+12', type: 'longcode', country: 'US' };
    const rest = { traffic: 'A2P', tags: ['a', 'b'], health: { messages: 5, success: 0.5, spam: null } };
    const ids = Array.from({ length: 1100 }, (_, at) => `n${at}`);
    const read = (details?: { details: boolean }) => {
      const account = createSnapshot(sha256, details);
      for (const id of ids) account.addWanted(byId(id));
      const shown = (id: string) => (id === 'n2' ? {} : id === 'n3' ? { tags: [] } : { ...plain, ...rest });
      for (const id of ids) account.addShown({ id, ...shown(id) });
      return ['n2', 'n3', 'n1099'].map((id) => account.stateOf(byId(id)));
    };
    const state = (id: string, shown: object) => ({ state: 'found', id, shown });
    expect(read()).toEqual([state('n2', {}), state('n3', {}), state('n1099', plain)]);
    const detailed = [state('n2', {}), state('n3', { tags: [] }), state('n1099', { ...plain, ...rest })];
    expect(read({ details: true })).toEqual(detailed);
  });

  it('shows no word of more than it can keep apart', () => {
    const account = createSnapshot(sha256);
    const shown = Array.from({ length: 65_536 }, (_, at) => ({ id: `n${at}`, type: `t${at}` }));
    for (const number of shown) account.addWanted(byId(number.id));
    for (const number of shown) account.addShown(number);
    expect(account.stateOf(byId('n65534'))).toMatchObject({ shown: { type: 't65534' } });
    expect(account.stateOf(byId('n65535'))).toMatchObject({ shown: {} });
  });

  it('finds a number that one row names by id and another by phone number under both', () => {
    const account = createSnapshot(sha256);
    account.addWanted(byId('a'));
    account.addWanted(byPhone('+12'));
    account.addShown({ id: 'a', phoneNumber: '+12', profile: OTHER_PROFILE });
    expect(account.unreadCounts()).toEqual({ ids: 0, idsWithPhone: 0, phones: 0 });
    const known = { state: 'found', id: 'a', shown: { profile: OTHER_PROFILE, phoneNumber: '+12' } };
    expect([account.stateOf(byId('a')), account.stateOf(byPhone('+12'))]).toEqual([known, known]);
  });

  it('finds a number by any spelling of its phone number, if that can mean only one', () => {
    const account = createSnapshot(sha256);
    const [ten, spelled] = [byPhone('8005550001'), byPhone('+1 800 555 0002')];
    for (const named of [ten, spelled]) account.addWanted(named);
    expect(account.unreadCounts().phones).toBe(3);
    account.addShown({ id: 'a', phoneNumber: '+18005550001' });
    expect([account.isUnread(ten), account.stateOf(ten).state]).toEqual([true, 'unread']);
    account.addRefused(byPhone('+8005550001'), null);
    account.addRefused(byPhone('+18005550002'), null);
    expect([account.isUnread(ten), account.stateOf(ten)]).toMatchObject([false, { state: 'found', id: 'a' }]);
    expect(account.stateOf(spelled)).toEqual({ state: 'absent' });
    account.addShown({ id: 'b', phoneNumber: '+8005550001' });
    expect(account.stateOf(ten)).toEqual({ state: 'ambiguous' });
    expect(account.stateOf(byPhone('no phone number'))).toEqual({ state: 'unread' });
  });

  it('does not choose between two numbers with the same phone number', () => {
    const account = createSnapshot(sha256);
    account.addWanted(byPhone('+12'));
    for (const id of ['a', 'a']) account.addShown({ id, phoneNumber: '+12' });
    expect(account.stateOf(byPhone('+12'))).toMatchObject({ state: 'found', id: 'a' });
    for (const id of ['b', 'a', 'b']) account.addShown({ id, phoneNumber: '+12' });
    expect(account.stateOf(byPhone('+12'))).toEqual({ state: 'ambiguous' });
    expect(account.unreadCounts().phones).toBe(0);
  });

  it('counts the numbers that reads have shown, each once, and those on a profile', () => {
    const account = createSnapshot(sha256);
    account.addWanted(byId('a'));
    expect([account.countShown(), account.countShownOn(PROFILE)]).toEqual([0, 0]);
    for (const profile of [PROFILE, OTHER_PROFILE]) account.addShown({ id: 'a', profile });
    account.addShown({ id: 'b', profile: PROFILE });
    account.addShown({ id: 'c', profile: null });
    account.addShown({ id: 'd' });
    expect(account.countShown()).toBe(4);
    expect([PROFILE, OTHER_PROFILE, 'UNASSIGN', ''].map(account.countShownOn)).toEqual([2, 0, 0, 0]);
  });

  it('lists the profiles of the numbers that rows name, each once', () => {
    const account = createSnapshot(sha256);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) account.addWanted(byId(id));
    account.addWanted(byPhone('+12'));
    expect(account.profilesInUse()).toEqual([]);
    account.addShown({ id: 'a', profile: PROFILE });
    account.addShown({ id: 'b', profile: PROFILE });
    account.addShown({ id: 'c', profile: null });
    account.addShown({ id: 'd' });
    account.addRefused(byId('e'), 'HTTP 403');
    account.addShown({ id: 'x', profile: 'of a number that no row names' });
    expect(account.profilesInUse()).toEqual([PROFILE]);
    account.addShown({ id: 'y', phoneNumber: '+12', profile: OTHER_PROFILE });
    expect(account.profilesInUse()).toEqual([PROFILE, OTHER_PROFILE]);
  });

  it('knows one that a phone number has led to by the number, and counts what is left by how it is named', () => {
    const account = createSnapshot(sha256);
    account.addWanted(byPhone('+12'));
    account.addWanted(byId('b', '+13'));
    account.addWanted(byId('c', '+14'));
    account.addShown({ id: 'a', phoneNumber: '+12', product: null });
    expect(account.unreadCounts()).toEqual({ ids: 2, idsWithPhone: 2, phones: 0 });
    account.addRefused(byId('b', '+13'), 'HTTP 403');
    expect(account.unreadCounts()).toEqual({ ids: 1, idsWithPhone: 1, phones: 0 });
    expect(account.stateOf(byPhone('+12'))).toEqual({ state: 'found', id: 'a', shown: { phoneNumber: '+12' } });
    expect(account.stateOf(byId('b', '+13'))).toEqual({ state: 'unreadable', why: 'HTTP 403' });
    account.addShown({ id: 'b', phoneNumber: '+13' });
    expect(account.stateOf(byId('b'))).toEqual({ state: 'found', id: 'b', shown: { phoneNumber: '+13' } });
  });

  it('believes the later of two reads of a number', () => {
    const account = createSnapshot(sha256);
    account.addWanted(byId('a'));
    account.addShown({ id: 'a', profile: PROFILE });
    account.addShown({ id: 'a', profile: null, phoneNumber: 'sip:7' });
    expect(account.stateOf(byId('a'))).toEqual({ state: 'found', id: 'a', shown: { profile: null } });
  });

  it('separates what cannot be read from what is not there', () => {
    const account = createSnapshot(sha256);
    for (const named of [byId('a'), byId('b'), byPhone('+12'), byPhone('+13')]) account.addWanted(named);
    account.addRefused(byId('a'), 'HTTP 403');
    account.addRefused(byPhone('+12'), null);
    account.addRefused(byPhone('+12'), null);
    expect(account.unreadCounts()).toEqual({ ids: 1, idsWithPhone: 0, phones: 1 });
    account.markRestAbsent();
    expect(account.stateOf(byId('a'))).toEqual({ state: 'unreadable', why: 'HTTP 403' });
    for (const named of [byId('b'), byPhone('+12'), byPhone('+13')]) {
      expect(account.stateOf(named)).toEqual({ state: 'absent' });
    }
    expect(account.unreadCounts()).toEqual({ ids: 0, idsWithPhone: 0, phones: 0 });
  });

  it.each([
    '..',
    '.',
    '',
    'a/b',
    '=HYPERLINK("http://x")',
    '[key]',
    '-1',
    'a'.repeat(65),
    '12\\x0a3',
    '%2e%2e',
    '１２',
  ])('takes no id that no file could have: %j', (id) => {
    const account = createSnapshot(sha256);
    account.addWanted(byPhone('+12'));
    account.addWanted(byId('b'));
    expect(account.addShown({ id, phoneNumber: '+12', profile: PROFILE })).toBe(true);
    const why = `the account shows it with the id ${quoted(id)}, which cannot be an id`;
    expect(account.stateOf(byPhone('+12'))).toEqual({ state: 'unreadable', why });
    expect(account.unreadCounts()).toEqual({ ids: 1, idsWithPhone: 0, phones: 0 });
  });

  it('keeps thousands of numbers apart', () => {
    const account = createSnapshot(sha256);
    const ids = Array.from({ length: 5000 }, (_, at) => `id-${at}`);
    const phones = ids.map((_, at) => `+1800${String(at).padStart(7, '0')}`);
    for (const id of ids) account.addWanted(byId(id));
    for (const phone of phones) account.addWanted(byPhone(phone));
    for (const [at, id] of ids.entries()) {
      account.addShown({
        id,
        phoneNumber: phones[at] as string,
        product: `P${at % 7}`,
        profile: at % 2 === 0 ? PROFILE : null,
      });
    }
    expect(account.unreadCounts()).toEqual({ ids: 0, idsWithPhone: 0, phones: 0 });
    for (const [at, id] of ids.entries()) {
      const shown = { phoneNumber: phones[at], product: `P${at % 7}`, profile: at % 2 === 0 ? PROFILE : null };
      expect(account.stateOf(byId(id))).toEqual({ state: 'found', id, shown });
      expect(account.stateOf(byPhone(phones[at] as string))).toEqual({ state: 'found', id, shown });
    }
  });

  it('returns whatever was shown, for any settings', () => {
    const text = fc.string({ minLength: 1, maxLength: 8 }).filter((given) => !given.includes('\n'));
    const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
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
      fc.property(fc.uniqueArray(fc.tuple(id, settings), { selector: ([id]) => id }), (numbers) => {
        const account = createSnapshot(sha256);
        for (const [id] of numbers) account.addWanted(byId(id));
        for (const [id, shown] of numbers) account.addShown({ id, ...shown });
        for (const [id, shown] of numbers) expect(account.stateOf(byId(id))).toEqual({ state: 'found', id, shown });
      }),
    );
  });
});
