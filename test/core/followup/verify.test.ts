import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NumberState } from '../../../src/core/account/number-table.ts';
import {
  checkedByPlan,
  checkedByRead,
  driftText,
  isCompared,
  VERDICTS,
  VERIFY_COLUMNS,
  type VerifiedRow,
  verifyCells,
} from '../../../src/core/followup/verify.ts';
import { compareWithPlan } from '../../../src/core/plan/drift.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { found, ID, makeEntry, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

const NOT_SHOWN = 'the account does not show what the number has now';
const both = makeEntry({ productTarget: 'P2P' });

describe('the verification of a number', () => {
  it('has one of five verdicts', () => {
    expect(VERDICTS).toEqual(['at_target', 'drifted', 'missing', 'unknown', 'rejected']);
  });

  it.each([
    ['where it is to be', makeEntry(), { profile: PROFILE, product: 'A2P' }, 'at_target', ''],
    ['elsewhere', makeEntry(), { profile: OTHER_PROFILE, product: 'A2P' }, 'drifted', ''],
    ['on no profile', makeEntry(), { profile: null }, 'drifted', ''],
    ['on no profile, as it is to be', makeEntry({ profileTarget: 'UNASSIGN' }), { profile: null }, 'at_target', ''],
    ['with both values', both, { profile: PROFILE, product: 'P2P' }, 'at_target', ''],
    ['with one of two', both, { profile: PROFILE, product: 'A2P' }, 'drifted', ''],
    ['with another product than is kept', makeEntry(), { profile: PROFILE, product: 'X' }, 'at_target', ''],
    ['not shown', makeEntry(), { product: 'A2P' }, 'unknown', NOT_SHOWN],
    ['shown by halves', both, { profile: PROFILE }, 'unknown', NOT_SHOWN],
    ['with a product that is none', both, { profile: PROFILE, product: null }, 'unknown', NOT_SHOWN],
    ['elsewhere for sure, whatever is not shown', both, { profile: OTHER_PROFILE }, 'drifted', ''],
  ])('finds it %s', (_what, entry, shown, verdict, note) => {
    expect(checkedByRead(entry, found(shown))).toMatchObject({ entry, verdict, note });
    // A plan that has just been made has the same to say.
    const { profile = '', product } = shown as { profile?: string | null; product?: string | null };
    const planned = { ...entry, profileBefore: profile ?? 'UNASSIGN', productBefore: product ?? '' };
    expect(checkedByPlan(planned)).toEqual({ ...checkedByRead(planned, found(shown)) });
  });

  it('says what it has now', () => {
    expect(checkedByRead(both, found({ profile: null, product: 'A2P' }))).toEqual({
      ...{ entry: both, verdict: 'drifted', profile: 'UNASSIGN', product: 'A2P', note: '' },
    });
  });

  it.each([
    [{ state: 'absent' }, 'missing', 'the account does not have this number'],
    [{ state: 'unreadable', why: 'HTTP 403' }, 'unknown', 'HTTP 403'],
    [{ state: 'unread' }, 'unknown', 'it was not read'],
  ] satisfies [NumberState, string, string][])('of %j is %s', (known, verdict, note) => {
    expect(checkedByRead(both, known)).toEqual({ entry: both, verdict, profile: '', product: '', note });
  });
});

describe('a plan that was made just now', () => {
  const planned = makeEntry({ profileBefore: OTHER_PROFILE, productBefore: 'A2P', note: 'a note' });

  it('says of an unchanged row that it is at its target', () => {
    const entry: PlanEntry = { ...planned, action: 'unchanged', profileBefore: PROFILE };
    expect(checkedByPlan(entry)).toEqual({
      ...{ entry, verdict: 'at_target', profile: PROFILE, product: 'A2P', note: '' },
    });
  });

  it('says of a change that it has drifted, and nothing of what would be lost by sending it', () => {
    expect(checkedByPlan({ ...planned, note: 'loses MMS' })).toMatchObject({ verdict: 'drifted', note: '' });
  });

  it('says why nothing is known of a row that was not read', () => {
    const entry = makeEntry({ note: 'could not be read: HTTP 403' });
    expect(checkedByPlan(entry)).toMatchObject({ verdict: 'unknown', note: 'could not be read: HTTP 403' });
  });

  it('says of a row that is rejected for its profile, and could not be read, that it is rejected', () => {
    const entry = makeEntry({ action: 'rejected', reason: 'unknown_profile', note: 'a note' });
    expect(checkedByPlan(entry)).toMatchObject({ verdict: 'rejected', note: 'a note' });
    // Only one of the two is shown.
    expect(checkedByPlan({ ...entry, productBefore: 'A2P' })).not.toMatchObject({ verdict: 'rejected' });
  });

  it.each([
    ['not_found', 'missing'],
    ['bad_id', 'rejected'],
    ['unknown_profile', 'drifted'],
    ['profile_disabled', 'drifted'],
    ['not_eligible', 'drifted'],
  ] as const)('says of a row that is rejected as %s that it is %s', (reason, verdict) => {
    const entry: PlanEntry = { ...planned, action: 'rejected', reason };
    expect(checkedByPlan(entry)).toEqual({
      ...{ entry, verdict, profile: OTHER_PROFILE, product: 'A2P', note: 'a note' },
    });
  });

  it.each(['duplicate', 'held'] as const)('says nothing of a row that is %s', (action) => {
    expect(checkedByPlan({ ...planned, action })).toBeNull();
  });
});

describe('the rows that are compared', () => {
  it.each([
    ['change', true],
    ['unchanged', true],
    ['rejected', false],
    ['duplicate', false],
    ['held', false],
  ] as const)('are those that have a target: %s, %s', (action, isOne) => {
    expect(isCompared(makeEntry({ action }))).toBe(isOne);
  });
});

describe('verify.csv', () => {
  it('has a row for each number, with what it has and what it is to have', () => {
    expect(VERIFY_COLUMNS.join(',')).toBe(
      'row,line,phone_number_id,phone_number,verdict,messaging_profile_id_target,messaging_profile_id_now,messaging_product_target,messaging_product_now,note,success_ratio_before,success_ratio_now',
    );
    const entry = makeEntry({ row: 3, line: 12, phoneNumber: PHONE, productTarget: 'A2P' });
    const checked: VerifiedRow = { entry, verdict: 'drifted', profile: OTHER_PROFILE, product: 'P2P', note: 'n' };
    const cells = ['3', '12', ID, PHONE, 'drifted', PROFILE, OTHER_PROFILE, 'A2P', 'P2P', 'n'];
    expect(verifyCells(checked)).toEqual([...cells, '', '']);
    const ratios = { before: 0.98, now: null, hasFallen: false };
    expect(verifyCells({ ...checked, ratios })).toEqual([...cells, '0.98', '']);
  });

  it('guards what comes from outside against spreadsheets', () => {
    const cells = verifyCells({ entry: makeEntry(), verdict: 'drifted', profile: '=a', product: '@b', note: '-c' });
    expect(cells).toEqual(expect.arrayContaining(["'=a", "'@b", "'-c"]));
  });
});

describe('how far a number is from its target', () => {
  const drift = (profile: string, product: string, entry = both) =>
    driftText({ entry, verdict: 'drifted', profile, product, note: '' });

  it('names what has another value, and only that', () => {
    expect(drift(OTHER_PROFILE, 'A2P')).toBe(`profile ${PROFILE} -> ${OTHER_PROFILE}, product P2P -> A2P`);
    expect(drift(OTHER_PROFILE, 'P2P')).toBe(`profile ${PROFILE} -> ${OTHER_PROFILE}`);
    expect(drift(PROFILE, 'A2P')).toBe('product P2P -> A2P');
    expect(drift(OTHER_PROFILE, 'X', makeEntry())).toBe(`profile ${PROFILE} -> ${OTHER_PROFILE}`);
    expect(drift('UNASSIGN', 'A2P', makeEntry({ profileTarget: '', productTarget: 'X' }))).toBe('product X -> A2P');
    expect(drift(PROFILE, 'P2P')).toBe('');
  });

  it('says of what is not shown that it is not', () => {
    expect(drift(OTHER_PROFILE, '')).toBe(`profile ${PROFILE} -> ${OTHER_PROFILE}, product P2P -> not shown`);
    expect(drift('', 'A2P')).toBe(`profile ${PROFILE} -> not shown, product P2P -> A2P`);
  });
});

describe('any verification', () => {
  it('is at the target exactly if a run would have nothing to send, and names a drift if there is one', () => {
    const cell = fc.constantFrom('', 'UNASSIGN', PROFILE, OTHER_PROFILE);
    const name = fc.constantFrom('', 'A2P', 'P2P');
    const shown = fc.record(
      { profile: fc.constantFrom(null, PROFILE, OTHER_PROFILE), product: fc.constantFrom(null, 'A2P', 'P2P') },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(cell, name, shown, (profileTarget, productTarget, settings) => {
        const entry = makeEntry({ profileTarget, productTarget });
        const checked = checkedByRead(entry, found(settings));
        expect(checked.verdict === 'at_target').toBe(compareWithPlan(entry, settings) === 'at_target');
        expect(driftText(checked) === '').toBe(checked.verdict === 'at_target');
        expect(checked.note === '').toBe(checked.verdict !== 'unknown');
      }),
    );
  });
});
