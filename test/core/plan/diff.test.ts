import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NumberState } from '../../../src/core/account/number-table.ts';
import type { ShownSettings } from '../../../src/core/api/response.ts';
import { requestBody } from '../../../src/core/input/assignment.ts';
import { profileRef } from '../../../src/core/input/target.ts';
import { type Profiles, withAccount } from '../../../src/core/plan/diff.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { found, ID, makeEntry, makeProfile, makeProfiles, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

const SUPPORT = makeProfile();
const SALES = makeProfile({ id: OTHER_PROFILE, name: 'Sales' });
const PROFILES = makeProfiles(SUPPORT, SALES);
const SHOWN = { profile: OTHER_PROFILE, product: 'A2P', phoneNumber: PHONE, eligible: ['A2P', 'P2P'] };
const byName = (name: string, id = '') => makeEntry({ profileTarget: profileRef(id, name) });
const byPhone = (changes: Partial<PlanEntry> = {}) => makeEntry({ id: '', phoneNumber: PHONE, ...changes });
const product = (productTarget: string) => makeEntry({ profileTarget: '', productTarget });

function resolve(entry: PlanEntry, known: NumberState = found(SHOWN), profiles: Profiles = PROFILES): PlanEntry {
  return withAccount(entry, known, profiles);
}

describe('a row whose number has been read', () => {
  it('is a change from what the number has to its targets', () => {
    expect(resolve(makeEntry({ productTarget: 'P2P' }), found({ ...SHOWN, product: 'X' }))).toEqual({
      ...makeEntry({ productTarget: 'P2P' }),
      phoneNumber: PHONE,
      profileBefore: OTHER_PROFILE,
      productBefore: 'X',
    });
  });

  it('is unchanged if it is at all of its targets', () => {
    const before = { phoneNumber: PHONE, profileBefore: PROFILE, productBefore: 'A2P' };
    const shown = found({ ...SHOWN, profile: PROFILE });
    for (const targets of [{}, { productTarget: 'A2P' }, { profileTarget: '', productTarget: 'A2P' }]) {
      const entry = makeEntry(targets);
      expect(resolve(entry, shown)).toEqual({ ...entry, ...before, action: 'unchanged' });
    }
  });

  it('is a change if one of two targets is still to be set', () => {
    const entry = makeEntry({ productTarget: 'P2P' });
    expect(resolve(entry, found({ ...SHOWN, profile: PROFILE })).action).toBe('change');
    expect(resolve(entry, found({ ...SHOWN, product: 'P2P' })).action).toBe('change');
  });

  it('is unassigned already, or is to be unassigned', () => {
    const entry = makeEntry({ profileTarget: 'UNASSIGN' });
    expect(resolve(entry, found({ profile: null }))).toMatchObject({ action: 'unchanged', profileBefore: 'UNASSIGN' });
    expect(resolve(entry)).toMatchObject({ action: 'change', profileBefore: OTHER_PROFILE });
  });

  it('is a change if the account does not show what it has', () => {
    expect(resolve(makeEntry({ productTarget: 'A2P' }), found({}))).toMatchObject({
      ...{ action: 'change', profileBefore: '', productBefore: '', phoneNumber: '' },
    });
  });

  it('keeps its own phone number, and that of the account if it has none', () => {
    expect(resolve(makeEntry({ phoneNumber: PHONE }), found({ profile: null })).phoneNumber).toBe(PHONE);
    expect(resolve(makeEntry()).phoneNumber).toBe(PHONE);
  });

  it('has the id that its phone number has led to', () => {
    expect(resolve(byPhone(), found(SHOWN, '77'))).toMatchObject({ id: '77', action: 'change', phoneNumber: PHONE });
  });
});

describe('a row that spells its phone number in another way', () => {
  const spelled = (more: Parameters<typeof makeEntry>[0] = {}) => makeEntry({ phoneNumber: '1-800-555-0001', ...more });

  it('is taken if the account confirms it, and noted', () => {
    const note = 'the file writes the phone number as "1-800-555-0001"';
    expect(resolve(spelled())).toMatchObject({ action: 'change', phoneNumber: PHONE, note });
    expect(resolve(spelled({ id: '' }), found(SHOWN, '77'))).toMatchObject({ id: '77', phoneNumber: PHONE, note });
    const noProducts = found({ phoneNumber: PHONE, product: 'A2P' });
    expect(resolve(spelled({ productTarget: 'P2P' }), noProducts).note).toMatch(
      /^the account does not say.*; loses MMS; the file writes/,
    );
  });

  it('is rejected if the account has another number, or does not say', () => {
    expect(resolve(spelled(), found({ ...SHOWN, phoneNumber: '+12025550199' }))).toMatchObject({
      reason: 'phone_number_mismatch',
      note: 'the file says "1-800-555-0001", the account has +12025550199 under this id',
    });
    const start = 'phone_number "1-800-555-0001" is not in the form +18005550001 (E.164), and could not be confirmed';
    expect(resolve(spelled(), found({ profile: null }))).toMatchObject({
      reason: 'bad_phone_number',
      note: `${start}: the account shows no phone number of it`,
    });
    expect(resolve(spelled(), { state: 'unreadable', why: 'HTTP 403' })).toMatchObject({
      reason: 'bad_phone_number',
      note: `${start}: HTTP 403`,
    });
  });

  it('is rejected if the account has none or several of that number', () => {
    expect(resolve(spelled({ id: '' }), { state: 'absent' })).toMatchObject({
      reason: 'not_found',
      note: 'the account has no number with the phone number "1-800-555-0001"',
    });
    expect(resolve(spelled({ id: '' }), { state: 'ambiguous' })).toMatchObject({ reason: 'bad_phone_number' });
  });
});

describe('a row whose number is not there', () => {
  it('is rejected, and named as in the file', () => {
    expect(resolve(makeEntry({ phoneNumber: PHONE }), { state: 'absent' })).toEqual({
      ...makeEntry({ phoneNumber: PHONE }),
      action: 'rejected',
      reason: 'not_found',
      note: `the account has no number with the id ${ID}`,
    });
    expect(resolve(byPhone(), { state: 'absent' })).toMatchObject({
      ...{ id: '', action: 'rejected', reason: 'not_found' },
      note: `the account has no number with the phone number ${PHONE}`,
    });
  });

  it('has the id of its profile in place of the name, or nothing if that is not there either', () => {
    expect(resolve(byName('Support'), { state: 'absent' })).toMatchObject({
      reason: 'not_found',
      profileTarget: PROFILE,
    });
    expect(resolve(byName('Missing'), { state: 'absent' })).toMatchObject({ reason: 'not_found', profileTarget: '' });
  });
});

describe('a row whose number could not be read', () => {
  it.each([
    [{ state: 'unreadable', why: 'HTTP 403 10009' }, 'HTTP 403 10009'],
    [{ state: 'unread' }, 'it was not read'],
  ] satisfies [NumberState, string][])('is sent all the same, and its note says why: %j', (known, why) => {
    expect(resolve(makeEntry(), known)).toEqual({ ...makeEntry(), note: `could not be read: ${why}` });
    expect(resolve(byName('Support'), known)).toMatchObject({ action: 'change', profileTarget: PROFILE });
  });

  it('is rejected if its profile is not as it must be', () => {
    const known: NumberState = { state: 'unreadable', why: 'HTTP 403' };
    expect(resolve(byName('Missing'), known).reason).toBe('unknown_profile');
    expect(resolve(makeEntry({ profileTarget: ID }), known).reason).toBe('unknown_profile');
  });

  it.each([{ state: 'unread' }, { state: 'unreadable', why: 'it was not read' }] satisfies NumberState[])(
    'is rejected where it has no id, as there is nothing that it could be sent to: %j',
    (known) => {
      expect(resolve(byPhone(), known)).toMatchObject({
        ...{ action: 'rejected', reason: 'not_found', id: '' },
        note: `the number ${PHONE} could not be read: it was not read`,
      });
    },
  );
});

describe('a row that names its profile', () => {
  it('has the id of it', () => {
    expect(resolve(byName('Support'))).toMatchObject({ action: 'change', profileTarget: PROFILE });
    expect(resolve(byName('Sales'))).toMatchObject({ action: 'unchanged', profileTarget: OTHER_PROFILE });
    expect(resolve(byName('Support', PROFILE))).toMatchObject({ action: 'change', profileTarget: PROFILE });
  });

  it('finds one whose name has marks that are not printed', () => {
    // As the name comes out of an answer.
    const profiles = makeProfiles(makeProfile({ name: 'a\\u200db' }));
    expect(resolve(byName('a\u200db'), found(SHOWN), profiles)).toMatchObject({ profileTarget: PROFILE });
  });

  it.each([
    ["Best' offer", "'Best' offer"],
    ["'Best' offer", "'Best' offer"],
    ['Support', ' Support '],
    ['A1', '="A1"'],
  ])('finds one whose name spreadsheets and people have put something around: %j is %j', (name, shown) => {
    const profiles = makeProfiles(SALES, makeProfile({ name: shown }));
    expect(resolve(byName(name), found(SHOWN), profiles)).toMatchObject({ action: 'change', profileTarget: PROFILE });
  });

  it.each([
    ['Xavier', 'the account has no profile with the name "Xavier"'],
    ['Sxx', 'the account has no profile with the name "Sxx"; there are "Support", "Sales"'],
    ['support', 'the account has no profile with the name "support"'],
    ['x\u001b[2J', 'the account has no profile with the name "x\\x1b[2J"; character 2 is U+001B (not visible)'],
  ])('that the account does not have is rejected: %j', (name, note) => {
    expect(resolve(byName(name))).toEqual({
      ...makeEntry({ profileTarget: '' }),
      action: 'rejected',
      reason: 'unknown_profile',
      note,
    });
  });

  it('that only looks like one is rejected, with what differs and what there is', () => {
    expect(resolve(byName('Supp\u043ert'), found(SHOWN), makeProfiles(SUPPORT)).note).toBe(
      'the account has no profile with the name "Supp\\u043ert"; character 5 is U+043E (a Cyrillic letter); there is "Support"',
    );
  });

  it('gets the name that exists', () => {
    expect(resolve(byName('Sup'), found(SHOWN), makeProfiles(SUPPORT)).note).toMatch(/; there is "Support"$/);
  });

  it('that several have is rejected, with their ids', () => {
    const profiles = makeProfiles(SUPPORT, makeProfile({ id: OTHER_PROFILE }));
    expect(resolve(byName('Support'), found(SHOWN), profiles)).toMatchObject({
      ...{ action: 'rejected', reason: 'ambiguous_profile_name', profileTarget: '' },
      note: `2 profiles have the name "Support": ${PROFILE}, ${OTHER_PROFILE}; write the id of one of them`,
    });
    expect(resolve(byName('Support', OTHER_PROFILE), found({ profile: null }), profiles)).toMatchObject({
      ...{ action: 'change', profileTarget: OTHER_PROFILE },
    });
  });

  it('that a hundred have lists ten of their ids', () => {
    const profiles = Array.from({ length: 11 }, (_, at) => makeProfile({ id: `p${at}` }));
    const note = (n: number) => resolve(byName('Support'), found(SHOWN), makeProfiles(...profiles.slice(0, n))).note;
    expect(note(10)).toContain('p8, p9; write');
    expect(note(11)).toContain('p8, p9, ...; write');
  });

  it('that the profile with the id beside it has no longer is rejected, with what to do', () => {
    const renamed = makeProfiles(makeProfile({ name: 'New' }));
    expect(resolve(byName('Support', PROFILE), found(SHOWN), renamed)).toMatchObject({
      ...{ action: 'rejected', reason: 'unknown_profile', profileTarget: PROFILE },
      note: `the account has no profile with the name "Support"; messaging_profile_id is ${PROFILE}, whose name is "New": clear one of the two cells, or pass --map messaging_profile_name= to go by ids alone`,
    });
    expect(resolve(byName('Support', PROFILE), found(SHOWN), makeProfiles()).note).toBe(
      'the account has no profile with the name "Support"',
    );
  });

  it('with the id of another one beside it is rejected', () => {
    expect(resolve(byName('Sales', PROFILE))).toMatchObject({
      ...{ action: 'rejected', reason: 'ambiguous_profile_name', profileTarget: PROFILE },
      note: `messaging_profile_id is ${PROFILE}, and the profile with the name "Sales" is ${OTHER_PROFILE}; keep one of them`,
    });
  });

  it('has its own id if it is rejected, so that it does not count as another row without one', () => {
    expect(resolve(byPhone({ profileTarget: profileRef('', 'Missing') }), found(SHOWN, '77'))).toMatchObject({
      ...{ reason: 'unknown_profile', id: '77' },
    });
  });
});

describe('a row whose target profile', () => {
  it('is not there is rejected', () => {
    expect(resolve(makeEntry({ profileTarget: ID }))).toEqual({
      ...makeEntry({ profileTarget: ID }),
      // What the number has is known all the same, for a look that compares.
      phoneNumber: SHOWN.phoneNumber,
      profileBefore: SHOWN.profile,
      productBefore: SHOWN.product,
      action: 'rejected',
      reason: 'unknown_profile',
      note: `the account has no profile ${ID}`,
    });
  });

  it('is disabled is rejected', () => {
    const profiles = makeProfiles(makeProfile({ enabled: false }));
    const rejected = { action: 'rejected', reason: 'profile_disabled', profileTarget: PROFILE };
    const note = `profile ${PROFILE} ("Support") is disabled; enable it first`;
    expect(resolve(makeEntry(), found(SHOWN), profiles)).toMatchObject({ ...rejected, note });
    expect(resolve(byName('Support'), found(SHOWN), profiles)).toMatchObject({ ...rejected, note });
    const nameless = makeProfiles(makeProfile({ name: '', enabled: false }));
    expect(resolve(makeEntry(), found(SHOWN), nameless).note).toBe(`profile ${PROFILE} is disabled; enable it first`);
  });

  it('is disabled or unknown does not matter to a number that is on it', () => {
    const there = found({ ...SHOWN, profile: PROFILE });
    for (const profiles of [makeProfiles(makeProfile({ enabled: false })), makeProfiles()]) {
      expect(resolve(makeEntry(), there, profiles)).toMatchObject({ action: 'unchanged', reason: '', note: '' });
      // Something else is to be sent, and the profile with it.
      expect(resolve(makeEntry({ productTarget: 'P2P' }), there, profiles).action).toBe('rejected');
    }
  });

  it('could not be read, or does not show whether it is enabled, goes ahead', () => {
    expect(resolve(makeEntry(), found(SHOWN), { ...PROFILES, byId: () => undefined }).action).toBe('change');
    const { enabled, ...unclear } = SUPPORT;
    expect(resolve(makeEntry(), found(SHOWN), makeProfiles(unclear)).action).toBe('change');
  });

  it('is kept or taken away has no profile to check', () => {
    const profiles: Profiles = { byId: () => null, byName: () => [], like: () => [] };
    expect(resolve(product('P2P'), found(SHOWN), profiles).action).toBe('change');
    expect(resolve(makeEntry({ profileTarget: 'UNASSIGN' }), found(SHOWN), profiles).action).toBe('change');
  });
});

describe('a row with another phone number than the account has under its id', () => {
  it('is rejected, with both of them', () => {
    expect(resolve(makeEntry({ phoneNumber: '+18005550002' }))).toEqual({
      ...makeEntry({ phoneNumber: '+18005550002' }),
      action: 'rejected',
      reason: 'phone_number_mismatch',
      note: `the file says +18005550002, the account has ${PHONE} under this id`,
    });
  });

  it('is not one if either of them is not known', () => {
    expect(resolve(makeEntry({ phoneNumber: '+18005550002' }), found({ profile: null })).action).toBe('change');
  });
});

describe('a row with a product', () => {
  it.each([
    [['A2P'], 'the number may have A2P, and not P2P'],
    [['A2P', 'X'], 'the number may have A2P, X, and not P2P'],
    [[], 'the number may have no product, and not P2P'],
  ])('that its number may not have is rejected: %j', (eligible, note) => {
    expect(resolve(product('P2P'), found({ ...SHOWN, eligible }))).toMatchObject({
      ...{ action: 'rejected', reason: 'not_eligible', note, profileBefore: OTHER_PROFILE, productBefore: 'A2P' },
    });
  });

  it('that its number has already is not asked about', () => {
    expect(resolve(product('A2P'), found({ ...SHOWN, eligible: [] }))).toMatchObject({ action: 'unchanged', note: '' });
  });

  it('of which the account does not say whether the number may have it goes ahead, with a note', () => {
    const { eligible, ...unclear } = SHOWN;
    const note = 'the account does not say which products this number may have';
    expect(resolve(product('X'), found(unclear))).toMatchObject({ action: 'change', note });
    expect(resolve(product('P2P'), found(unclear)).note).toBe(`${note}; loses MMS`);
    expect(resolve(makeEntry(), found(unclear)).note).toBe('');
  });

  it('loses MMS from A2P to P2P, and no other way', () => {
    const shown = { ...SHOWN, eligible: ['A2P', 'P2P', 'X'] };
    const noteOf = (before: string, target: string) =>
      resolve(product(target), found({ ...shown, product: before })).note;
    expect([noteOf('A2P', 'P2P'), noteOf('P2P', 'A2P'), noteOf('X', 'P2P'), noteOf('A2P', 'X')]).toEqual([
      ...['loses MMS', '', '', ''],
    ]);
  });
});

describe('any row', () => {
  const targets = fc.constantFrom(
    '',
    'UNASSIGN',
    PROFILE,
    OTHER_PROFILE,
    ID,
    profileRef('', 'Sales'),
    profileRef(PROFILE, 'x'),
  );
  const entries = fc
    .record({
      id: fc.constantFrom('', ID),
      phoneNumber: fc.constantFrom('', PHONE, '+18005550002'),
      profileTarget: targets,
      productTarget: fc.constantFrom('', 'A2P', 'P2P'),
    })
    .filter(({ id, phoneNumber }) => id !== '' || phoneNumber !== '')
    .map((changes) => makeEntry(changes));
  const shown: fc.Arbitrary<ShownSettings> = fc.record(
    {
      profile: fc.constantFrom(null, PROFILE, OTHER_PROFILE),
      product: fc.constantFrom('A2P', 'P2P', null),
      phoneNumber: fc.constant(PHONE),
      eligible: fc.subarray(['A2P', 'P2P']),
    },
    { requiredKeys: [] },
  );
  const states: fc.Arbitrary<NumberState> = fc.oneof(
    fc.constantFrom<NumberState>({ state: 'absent' }, { state: 'unread' }, { state: 'unreadable', why: 'HTTP 403' }),
    shown.map((settings) => found(settings)),
  );
  const profiles = fc
    .subarray([SUPPORT, SALES, makeProfile({ id: ID, enabled: false })])
    .map((some) => makeProfiles(...some));

  it('that is sent has an id, no profile name, and asks for nothing but what the file asks for', () => {
    fc.assert(
      fc.property(entries, states, profiles, (entry, known, account) => {
        const is = resolve(entry, known, account);
        expect(is).toMatchObject({ row: entry.row, line: entry.line, productTarget: entry.productTarget });
        expect(is.profileTarget).not.toContain('name:');
        if (is.action === 'rejected') {
          expect(is.reason).toMatch(/^[a-z_]+$/);
          expect(is.note).not.toBe('');
          return;
        }
        expect(is).toMatchObject({ id: ID, reason: '' });
        // A blank cell stays one, and only UNASSIGN unassigns.
        expect(is.profileTarget === '').toBe(entry.profileTarget === '');
        const body = requestBody({ profile: is.profileTarget || null, product: is.productTarget || null });
        expect(body.messaging_profile_id === '').toBe(entry.profileTarget === 'UNASSIGN');
        if (is.action === 'unchanged') {
          for (const [target, before] of [
            [is.profileTarget, is.profileBefore],
            [is.productTarget, is.productBefore],
          ]) {
            if (target !== '') expect(before).toBe(target);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
