import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profileCell } from '../../../src/core/input/target.ts';
import { compareWithPlan, compareWithUndo } from '../../../src/core/plan/drift.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { makeEntry, OTHER_PROFILE, PROFILE } from '../../support/make.ts';

const THIRD = '9c858901-8a57-4791-81fe-4c455b099bc9';

/** An entry that moves a number from OTHER_PROFILE to PROFILE. */
const moves = makeEntry({ profileBefore: OTHER_PROFILE });
const both = makeEntry({ profileBefore: OTHER_PROFILE, productBefore: 'A2P', productTarget: 'P2P' });
const product = makeEntry({ profileTarget: '', productBefore: 'A2P', productTarget: 'P2P' });
const unassigns = makeEntry({ profileBefore: OTHER_PROFILE, profileTarget: 'UNASSIGN' });
const assigns = makeEntry({ profileBefore: 'UNASSIGN' });

describe('a value of a cell', () => {
  it.each([
    [PROFILE, PROFILE],
    [null, 'UNASSIGN'],
    [undefined, ''],
  ])('of the profile %j is %j', (profile, cell) => {
    expect(profileCell(profile)).toBe(cell);
  });
});

const cell = fc.constantFrom('', 'UNASSIGN', PROFILE, OTHER_PROFILE, THIRD);
const name = fc.constantFrom('', 'A2P', 'P2P', 'X');
const entries = fc
  .record({ profileBefore: cell, profileTarget: cell, productBefore: name, productTarget: name })
  .map((changes) => makeEntry(changes));
const shownSettings = fc.record(
  {
    profile: fc.constantFrom(null, PROFILE, OTHER_PROFILE, THIRD),
    product: fc.constantFrom(null, 'A2P', 'P2P', 'X'),
  },
  { requiredKeys: [] },
);

/** What a number has now, had before and is to have, of the fields that an entry changes. */
function fieldsOf(entry: PlanEntry, { profile, product }: { profile?: string | null; product?: string | null }) {
  return [
    { now: profileCell(profile), before: entry.profileBefore, target: entry.profileTarget },
    { now: product ?? '', before: entry.productBefore, target: entry.productTarget },
  ].filter(({ target }) => target !== '');
}

describe('the drift of a number', () => {
  it.each([
    ['at its target', moves, { profile: PROFILE }, 'at_target'],
    ['where it was', moves, { profile: OTHER_PROFILE }, 'as_planned'],
    ['elsewhere', moves, { profile: THIRD }, 'drifted'],
    ['on no profile any longer', moves, { profile: null }, 'drifted'],
    ['not shown', moves, { product: 'A2P' }, 'unknown'],
    ['elsewhere, and unknown before', makeEntry(), { profile: THIRD }, 'unknown'],
    ['at its target, and unknown before', makeEntry(), { profile: PROFILE }, 'at_target'],
    ['unassigned as wanted', unassigns, { profile: null }, 'at_target'],
    ['still assigned', unassigns, { profile: OTHER_PROFILE }, 'as_planned'],
    ['assigned elsewhere', unassigns, { profile: THIRD }, 'drifted'],
    ['still unassigned', assigns, { profile: null }, 'as_planned'],
    ['assigned by someone else', assigns, { profile: THIRD }, 'drifted'],
  ])('in one field: %s', (_, entry, shown, live) => {
    expect(compareWithPlan(entry, shown)).toBe(live);
  });

  it.each([
    ['of the other field, which the entry leaves as it is', product, { profile: THIRD, product: 'A2P' }, 'as_planned'],
    ['of both at the target', both, { profile: PROFILE, product: 'P2P' }, 'at_target'],
    ['of a write that took effect by halves', both, { profile: PROFILE, product: 'A2P' }, 'as_planned'],
    ['of both as planned', both, { profile: OTHER_PROFILE, product: 'A2P' }, 'as_planned'],
    ['of one at the target and one elsewhere', both, { profile: PROFILE, product: 'X' }, 'drifted'],
    ['of one elsewhere and one not shown', both, { profile: THIRD }, 'drifted'],
    ['of one not shown and one elsewhere', both, { product: 'X' }, 'drifted'],
    ['of one as planned and one not shown', both, { profile: OTHER_PROFILE }, 'unknown'],
    ['of one at the target and a product that is null', both, { profile: PROFILE, product: null }, 'unknown'],
    ['of nothing', both, {}, 'unknown'],
  ])('in two fields: %s', (_, entry, shown, live) => {
    expect(compareWithPlan(entry, shown)).toBe(live);
  });

  it('is drifted only if a field has a third value, and at the target only if all have theirs', () => {
    fc.assert(
      fc.property(entries, shownSettings, (entry, shown) => {
        const live = compareWithPlan(entry, shown);
        const fields = fieldsOf(entry, shown);
        const third = fields.some(
          ({ now, before, target }) => now !== '' && before !== '' && now !== target && now !== before,
        );
        expect(live === 'drifted').toBe(third);
        expect(live === 'at_target').toBe(fields.every(({ now, target }) => now === target));
        // What is as it was when the plan was made has not drifted, whatever is changed.
        const { profile, product } = shown;
        const same = { ...entry, profileBefore: profileCell(profile), productBefore: product ?? '' };
        expect(compareWithPlan(same, shown)).not.toBe('drifted');
      }),
    );
  });
});

describe('a number that is to be restored', () => {
  it.each([
    ['still has what was set', moves, { profile: OTHER_PROFILE }, 'as_planned'],
    ['is back', moves, { profile: PROFILE }, 'at_target'],
    ['is elsewhere', moves, { profile: THIRD }, 'drifted'],
    ['is not shown', moves, { product: 'A2P' }, 'unknown'],
    ['is on no profile any longer', moves, { profile: null }, 'drifted'],
    ['is on no profile, as it was before', unassigns, { profile: null }, 'at_target'],
    ['is on no profile still', assigns, { profile: null }, 'as_planned'],
    ['has another profile, which was left alone', product, { profile: THIRD, product: 'A2P' }, 'as_planned'],
    ['has an unknown profile, which was left alone', product, { product: 'A2P' }, 'as_planned'],
    ['has both as they were set', both, { profile: OTHER_PROFILE, product: 'A2P' }, 'as_planned'],
    ['has both as they were before', both, { profile: PROFILE, product: 'P2P' }, 'at_target'],
    ['has one back and the other as it was set', both, { profile: PROFILE, product: 'A2P' }, 'drifted'],
    ['has the other one back', both, { profile: OTHER_PROFILE, product: 'P2P' }, 'drifted'],
    ['has one back and the other elsewhere', both, { profile: THIRD, product: 'P2P' }, 'drifted'],
    ['has one as it was set and the other elsewhere', both, { profile: OTHER_PROFILE, product: 'X' }, 'drifted'],
    ['has one elsewhere and the other not shown', both, { product: 'X' }, 'drifted'],
    ['has one back and the other not shown', both, { profile: PROFILE, product: null }, 'drifted'],
    ['has one as it was set and the other not shown', both, { profile: OTHER_PROFILE }, 'unknown'],
    ['has nothing that is shown', both, {}, 'unknown'],
  ])('as a whole: it %s', (_, entry, shown, live) => {
    expect(compareWithUndo(entry, shown)).toBe(live);
  });

  it('is all as it was set, or all as it was before, or else left alone', () => {
    fc.assert(
      fc.property(entries, shownSettings, (entry, shown) => {
        const live = compareWithUndo(entry, shown);
        const fields = fieldsOf(entry, shown);
        const isBack = fields.every(({ now, target }) => now === target);
        expect(live === 'at_target').toBe(isBack);
        expect(live === 'as_planned').toBe(!isBack && fields.every(({ now, before }) => now !== '' && now === before));
        // What is not shown is never taken for what was set.
        if (live === 'unknown') expect(fields.some(({ now }) => now === '')).toBe(true);
        if (live === 'drifted') expect(fields.some(({ now, before }) => now !== '' && now !== before)).toBe(true);
        // It lets nothing pass that a comparison field by field does not.
        if (compareWithPlan(entry, shown) === 'drifted') expect(live).toBe('drifted');
      }),
      { numRuns: 500 },
    );
  });
});
