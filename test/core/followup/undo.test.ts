import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NumberState } from '../../../src/core/account/number-table.ts';
import type { ShownSettings } from '../../../src/core/api/response.ts';
import type { Outcome } from '../../../src/core/attempt/outcome.ts';
import { mayHaveChanged, undoEntry, undoWithAccount } from '../../../src/core/followup/undo.ts';
import { UNASSIGN } from '../../../src/core/input/target.ts';
import { ROW_STATE } from '../../../src/core/ledger/replay.ts';
import { withAccount } from '../../../src/core/plan/diff.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import {
  found,
  ID,
  makeEntry,
  makeOutcome,
  makeProfile,
  makeProfiles,
  OTHER_PROFILE,
  PHONE,
  PROFILE,
} from '../../support/make.ts';

const THIRD = '9c858901-8a57-4791-81fe-4c455b099bc9';
const PROFILES = makeProfiles(...[PROFILE, OTHER_PROFILE, THIRD].map((id) => makeProfile({ id })));

/** A row that was sent: from OTHER_PROFILE and A2P to PROFILE and P2P. */
const sent = makeEntry({
  row: 9,
  line: 12,
  phoneNumber: PHONE,
  profileBefore: OTHER_PROFILE,
  productBefore: 'A2P',
  productTarget: 'P2P',
  note: 'loses MMS',
});
const back = undoEntry(1, sent, null);

function resolve(entry: PlanEntry, known: NumberState, force = false, profiles = PROFILES): PlanEntry {
  return undoWithAccount(entry, known, profiles, force);
}

describe('a row that an undo takes', () => {
  it.each([
    ['updated', makeOutcome(), true],
    ['updated, as a read has confirmed', makeOutcome({ reason: 'confirmed_by_read' }), true],
    ['unverified', makeOutcome({ status: 'unverified', reason: 'read_failed' }), true],
    ['answered 200 with other values', makeOutcome({ status: 'failed', reason: 'response_mismatch' }), true],
    ['answered 200, and not kept', makeOutcome({ status: 'failed', reason: 'write_not_kept' }), true],
    ['at its target until the end of its wave', makeOutcome({ status: 'failed', reason: 'wave_not_kept' }), true],
    ['sent to another number', makeOutcome({ status: 'failed', reason: 'phone_number_mismatch' }), true],
    ['refused by the API', makeOutcome({ status: 'failed', reason: 'api_error' }), false],
    ['given up', makeOutcome({ status: 'failed', reason: 'attempts_exhausted', retryable: true }), false],
    ['at its target already', makeOutcome({ status: 'unchanged' }), false],
    ['held', makeOutcome({ status: 'held', reason: 'drifted' }), false],
  ] satisfies [string, Outcome, boolean][])('is one that was %s: %s', (_what, outcome, isSelected) => {
    const left = outcome.status === 'unverified' ? ROW_STATE.unverified : ROW_STATE.outcome;
    expect(mayHaveChanged(left, outcome)).toBe(isSelected);
  });

  it.each([
    ['untouched', false],
    ['requeued', false],
    ['intent', true],
    ['ambiguous', true],
    ['outcome', false],
  ] as const)('is, without an outcome, one that was left %s: %s', (left, isSelected) => {
    expect(mayHaveChanged(ROW_STATE[left], null)).toBe(isSelected);
  });
});

describe('the row of an undo', () => {
  it('goes back from what was set to what was there', () => {
    expect(undoEntry(4, sent, null)).toEqual({
      row: 4,
      line: 5,
      id: ID,
      phoneNumber: PHONE,
      action: 'change',
      reason: '',
      profileBefore: PROFILE,
      profileTarget: OTHER_PROFILE,
      productBefore: 'P2P',
      productTarget: 'A2P',
      note: '',
    });
  });

  it('leaves alone what was left alone', () => {
    const product = makeEntry({
      profileTarget: '',
      profileBefore: OTHER_PROFILE,
      productBefore: 'A2P',
      productTarget: 'P2P',
    });
    expect(undoEntry(1, product, null)).toMatchObject({ action: 'change', profileTarget: '', productTarget: 'A2P' });
    const profile = makeEntry({ profileBefore: UNASSIGN, productBefore: 'A2P' });
    expect(undoEntry(1, profile, null)).toMatchObject({ action: 'change', profileTarget: UNASSIGN, productTarget: '' });
  });

  it('goes back to what a forced run has found', () => {
    expect(undoEntry(1, sent, { profile: THIRD, product: 'X' })).toMatchObject({
      ...{ action: 'change', profileTarget: THIRD, productTarget: 'X' },
    });
  });

  describe('after a write that was not carried out as asked', () => {
    const mismatch = (changes: Partial<Outcome>) =>
      makeOutcome({ status: 'failed', reason: 'response_mismatch', profileAfter: '', productAfter: '', ...changes });

    it.each([
      ['all', { profileAfter: THIRD, productAfter: 'X' }, THIRD, 'X'],
      ['none, as it was on none', { profileAfter: UNASSIGN, productAfter: 'P2P' }, UNASSIGN, 'P2P'],
      ['one of them, where the other was not shown', { productAfter: 'X' }, PROFILE, 'X'],
      ['the other one', { profileAfter: THIRD }, THIRD, 'P2P'],
      ['neither, where nothing was shown', {}, PROFILE, 'P2P'],
    ])('goes back from what the number really had: %s', (_what, after, profileBefore, productBefore) => {
      expect(undoEntry(1, sent, null, mismatch(after))).toEqual({ ...back, profileBefore, productBefore });
    });

    describe('that was carried out, and did not last until the end of its wave', () => {
      const after = { profileAfter: THIRD, productAfter: 'P2P' };
      const flipped = undoEntry(1, sent, null, mismatch({ reason: 'wave_not_kept', ...after }));

      it.each([
        ['it went back', { profile: OTHER_PROFILE, product: 'A2P' }, 'unchanged', ''],
        ['a half went back', { profile: OTHER_PROFILE, product: 'P2P' }, 'change', ''],
        ['it has its targets again', { profile: PROFILE, product: 'P2P' }, 'change', ''],
        ['someone else set another value', { profile: THIRD, product: 'P2P' }, 'held', 'drifted'],
      ] as const)('goes back from what the number has now if %s', (_what, shown, action, reason) => {
        expect(resolve(flipped, found(shown))).toMatchObject({ action, reason });
      });
    });

    describe('that the API confirmed and a read did not show', () => {
      const notKept = (changes: Partial<Outcome>) =>
        undoEntry(1, sent, null, mismatch({ reason: 'write_not_kept', ...changes }));
      const nothing = { profileAfter: OTHER_PROFILE, productAfter: 'A2P' };
      const half = { profileAfter: PROFILE, productAfter: 'A2P' };

      it.each([
        ['nothing was kept', nothing, { profile: OTHER_PROFILE, product: 'A2P' }, 'unchanged', ''],
        ['all of it is late', nothing, { profile: PROFILE, product: 'P2P' }, 'change', ''],
        ['a half of it is late', nothing, { profile: PROFILE, product: 'A2P' }, 'change', ''],
        ['a half was kept', half, { profile: PROFILE, product: 'A2P' }, 'change', ''],
        ['the other half is late', half, { profile: PROFILE, product: 'P2P' }, 'change', ''],
        ['something else was set', { ...half, productAfter: 'X' }, { profile: PROFILE, product: 'X' }, 'change', ''],
        ['someone else changed it', half, { profile: THIRD, product: 'A2P' }, 'held', 'drifted'],
        ['someone else changed a half', half, { profile: PROFILE, product: 'X' }, 'held', 'drifted'],
        ['nothing is shown now', half, {}, 'held', 'unread'],
      ] as const)('goes back from what the number has now if %s', (_what, after, shown, action, reason) => {
        const resolved = resolve(notKept(after), found(shown));
        expect(resolved).toMatchObject({ action, reason, profileTarget: OTHER_PROFILE, productTarget: 'A2P' });
        if (action === 'held') return;
        expect(resolved).toMatchObject({ profileBefore: shown.profile, productBefore: shown.product });
      });
    });

    it('goes back from nothing that was left alone', () => {
      const profile = makeEntry({ profileBefore: OTHER_PROFILE });
      expect(undoEntry(1, profile, null, mismatch({ profileAfter: THIRD, productAfter: 'X' }))).toMatchObject({
        ...{ profileBefore: THIRD, profileTarget: OTHER_PROFILE, productBefore: '', productTarget: '' },
      });
    });

    it('goes back to what a forced run has found', () => {
      const values = { profile: THIRD, product: 'X' };
      expect(undoEntry(1, sent, values, mismatch({ productAfter: 'A2P' }))).toMatchObject({
        ...{ profileBefore: PROFILE, profileTarget: THIRD, productBefore: 'A2P', productTarget: 'X' },
      });
    });

    it('is sent if the number still has that, and not if it has what was asked for', () => {
      const entry = undoEntry(1, sent, null, mismatch({ profileAfter: THIRD, productAfter: 'P2P' }));
      expect(resolve(entry, found({ profile: THIRD, product: 'P2P' })).action).toBe('change');
      expect(resolve(entry, found({ profile: PROFILE, product: 'P2P' }))).toMatchObject({ reason: 'drifted' });
      const nothing = undoEntry(1, sent, null, mismatch({ profileAfter: OTHER_PROFILE, productAfter: 'A2P' }));
      expect(resolve(nothing, found({ profile: OTHER_PROFILE, product: 'A2P' })).action).toBe('unchanged');
      const half = undoEntry(1, sent, null, mismatch({ profileAfter: PROFILE, productAfter: 'A2P' }));
      expect(resolve(half, found({ profile: PROFILE, product: 'A2P' })).action).toBe('change');
    });
  });

  it.each([
    ['no outcome', null],
    ['an update', makeOutcome({ profileAfter: THIRD, productAfter: 'X' })],
    ['an unknown end', makeOutcome({ status: 'unverified', reason: 'response_mismatch', profileAfter: THIRD })],
    ['another number', makeOutcome({ status: 'failed', reason: 'phone_number_mismatch', profileAfter: THIRD })],
  ])('goes back from its targets after %s', (_what, outcome) => {
    expect(undoEntry(1, sent, null, outcome)).toEqual(back);
  });

  it.each([
    ['the profile', makeEntry({ ...sent, profileBefore: '' }), null],
    ['the product', makeEntry({ ...sent, productBefore: '' }), null],
    ['the profile that a forced run has found', sent, { profile: '', product: 'A2P' }],
    ['the product that a forced run has found', sent, { profile: THIRD, product: '' }],
  ])('is held if it is not known what was there: %s', (_what, entry, values) => {
    expect(undoEntry(1, entry, values)).toMatchObject({
      ...{ action: 'held', reason: 'before_unknown' },
      note: 'the value from before is unknown: the run did not read it, or the API did not show it',
    });
  });

  it('needs to know no more than what was set', () => {
    expect(undoEntry(1, makeEntry({ profileBefore: OTHER_PROFILE }), null).action).toBe('change');
    const product = makeEntry({ profileTarget: '', productBefore: 'A2P', productTarget: 'P2P' });
    expect(undoEntry(1, product, null).action).toBe('change');
  });
});

describe('the row of an undo, after the account was read,', () => {
  it('is sent if the number still has what the run has set', () => {
    const shown = { profile: PROFILE, product: 'P2P', phoneNumber: PHONE, eligible: ['A2P', 'P2P'] };
    expect(resolve(back, found(shown))).toEqual(back);
  });

  it('is unchanged if the number has what it had before, and shows that', () => {
    expect(resolve(back, found({ profile: OTHER_PROFILE, product: 'A2P' }))).toEqual({
      ...back,
      action: 'unchanged',
      profileBefore: OTHER_PROFILE,
      productBefore: 'A2P',
    });
  });

  it.each([
    ['profile', { profile: THIRD, product: 'P2P' }, `now: profile ${THIRD}, product P2P`],
    ['profile, which is none now', { profile: null, product: 'P2P' }, 'now: profile UNASSIGN, product P2P'],
    ['product', { profile: PROFILE, product: 'X' }, `now: profile ${PROFILE}, product X`],
    [
      'product, while the profile is back',
      { profile: OTHER_PROFILE, product: 'X' },
      `now: profile ${OTHER_PROFILE}, product X`,
    ],
    ['product, while the profile is not shown', { product: 'X' }, 'now: product X'],
    ['product back', { profile: PROFILE, product: 'A2P' }, `now: profile ${PROFILE}, product A2P`],
    ['profile back', { profile: OTHER_PROFILE, product: 'P2P' }, `now: profile ${OTHER_PROFILE}, product P2P`],
    ['profile, while the product is back', { profile: THIRD, product: 'A2P' }, `now: profile ${THIRD}, product A2P`],
    ['profile back, while the product is not shown', { profile: OTHER_PROFILE }, `now: profile ${OTHER_PROFILE}`],
  ])('is held entirely if someone else has changed the %s, and says what it has now', (_what, shown, note) => {
    expect(resolve(back, found(shown))).toEqual({ ...back, action: 'held', reason: 'drifted', note });
  });

  it('is sent with --force all the same, from what the number has now', () => {
    expect(resolve(back, found({ profile: THIRD, product: 'X' }), true)).toEqual({
      ...back,
      profileBefore: THIRD,
      productBefore: 'X',
    });
    expect(resolve(back, found({ profile: PROFILE, product: 'A2P' }), true)).toEqual({ ...back, productBefore: 'A2P' });
  });

  it('is held with --force too if it has changed and is not shown as a whole, because that could not be undone', () => {
    for (const shown of [{ product: 'X' }, { profile: THIRD }, { profile: OTHER_PROFILE }]) {
      expect(resolve(back, found(shown), true)).toEqual({
        ...{ ...back, action: 'held', reason: 'unread' },
        note: 'the account does not show what the number has now',
      });
    }
  });

  it.each([false, true])('is held if nothing is known of the number, with --force %s', (force) => {
    const held = { ...back, action: 'held' };
    expect(resolve(back, { state: 'absent' }, force)).toEqual({
      ...{ ...held, reason: 'not_found', note: 'the account no longer has this number' },
    });
    expect(resolve(back, { state: 'unreadable', why: 'HTTP 403' }, force)).toEqual({
      ...{ ...held, reason: 'unread', note: 'could not be read: HTTP 403' },
    });
    expect(resolve(back, { state: 'unread' }, force).note).toBe('could not be read: it was not read');
    for (const shown of [{}, { profile: PROFILE }, { product: 'P2P' }]) {
      expect(resolve(back, found(shown), force)).toEqual({
        ...{ ...held, reason: 'unread', note: 'the account does not show what the number has now' },
      });
    }
  });

  it('is held if its profile is disabled', () => {
    const shown = found({ profile: PROFILE, product: 'P2P' });
    const disabled = makeProfiles(makeProfile({ id: OTHER_PROFILE, enabled: false }));
    expect(resolve(back, shown, true, disabled)).toMatchObject({
      ...{ action: 'held', reason: 'profile_disabled' },
      note: `now: profile ${PROFILE}, product P2P; profile ${OTHER_PROFILE} is disabled`,
    });
  });

  it('is held if its profile is gone', () => {
    const shown = found({ profile: PROFILE, product: 'P2P' });
    expect(resolve(back, shown, false, makeProfiles(makeProfile()))).toEqual({
      ...{ ...back, action: 'held', reason: 'unknown_profile' },
      note: `now: profile ${PROFILE}, product P2P; the account no longer has the profile ${OTHER_PROFILE}`,
    });
    expect(resolve(back, found({ profile: THIRD, product: 'X' }), true, makeProfiles())).toMatchObject({
      ...{ reason: 'unknown_profile', profileBefore: PROFILE, productBefore: 'P2P' },
      note: `now: profile ${THIRD}, product X; the account no longer has the profile ${OTHER_PROFILE}`,
    });
    const unclear = { ...PROFILES, byId: () => undefined };
    expect(resolve(back, shown, false, unclear).action).toBe('change');
    const none = { ...PROFILES, byId: () => null };
    expect(resolve({ ...back, profileTarget: UNASSIGN }, shown, false, none).action).toBe('change');
    const product = { ...back, profileBefore: '', profileTarget: '' };
    expect(resolve(product, shown, false, none).action).toBe('change');
  });

  it('is held if the number may no longer have its product', () => {
    const shown = { profile: PROFILE, product: 'P2P' };
    expect(resolve(back, found({ ...shown, eligible: ['P2P'] }))).toEqual({
      ...{ ...back, action: 'held', reason: 'not_eligible' },
      note: `now: profile ${PROFILE}, product P2P; the number may no longer have A2P`,
    });
    expect(resolve(back, found(shown)).action).toBe('change');
    const there = found({ profile: PROFILE, product: 'A2P', eligible: [] });
    expect(resolve(back, there, true).action).toBe('change');
    expect(resolve({ ...back, productBefore: 'A2P' }, there).action).toBe('change');
    const profile = { ...back, productBefore: '', productTarget: '' };
    expect(resolve(profile, found({ ...shown, eligible: [] })).action).toBe('change');
  });

  it('has the phone number of the account, if it shows one', () => {
    const shown = { profile: PROFILE, product: 'P2P' };
    expect(resolve({ ...back, phoneNumber: '' }, found({ ...shown, phoneNumber: PHONE })).phoneNumber).toBe(PHONE);
    expect(resolve(back, found(shown)).phoneNumber).toBe(PHONE);
  });
});

describe('an undo of what was set', () => {
  type State = { profile: string | null; product: string };
  const state = fc.record({
    profile: fc.constantFrom(null, PROFILE, OTHER_PROFILE, THIRD),
    product: fc.constantFrom('A2P', 'P2P', 'X'),
  });
  const targets = fc.record({
    profileTarget: fc.constantFrom('', UNASSIGN, PROFILE, OTHER_PROFILE),
    productTarget: fc.constantFrom('', 'A2P', 'P2P'),
  });
  const read = (now: State) => found({ ...now, phoneNumber: PHONE } satisfies ShownSettings);

  /** What a number has after an entry was sent. */
  function send({ action, profileTarget, productTarget }: PlanEntry, now: State): State {
    if (action !== 'change') return now;
    return {
      profile: profileTarget === '' ? now.profile : profileTarget === UNASSIGN ? null : profileTarget,
      product: productTarget || now.product,
    };
  }

  it('restores what was before, and an undo of the undo what was set', () => {
    fc.assert(
      fc.property(state, targets, (before, changes) => {
        const entry = withAccount(makeEntry(changes), read(before), PROFILES);
        fc.pre(entry.action === 'change');
        const after = send(entry, before);
        const undo = resolve(undoEntry(1, entry, null), read(after));
        expect(send(undo, after)).toEqual(before);
        const redo = resolve(undoEntry(1, undo, null), read(before));
        expect(send(redo, before)).toEqual(after);
        // Once more, or after the undo had been done by hand, there is nothing left to do.
        expect(resolve(undoEntry(1, entry, null), read(before)).action).toBe('unchanged');
      }),
      { numRuns: 500 },
    );
  });

  it('touches nothing that someone else has set since, unless it is forced', () => {
    fc.assert(
      fc.property(state, targets, state, (before, changes, now) => {
        const entry = withAccount(makeEntry(changes), read(before), PROFILES);
        fc.pre(entry.action === 'change');
        const after = send(entry, before);
        const isAll = (state: State) =>
          (entry.profileTarget === '' || now.profile === state.profile) &&
          (entry.productTarget === '' || now.product === state.product);
        const undo = resolve(undoEntry(1, entry, null), read(now));
        expect(undo.action).toBe(isAll(before) ? 'unchanged' : isAll(after) ? 'change' : 'held');
        if (undo.action !== 'change') expect(send(undo, now)).toEqual(now);
        const forced = resolve(undoEntry(1, entry, null), read(now), true);
        const put = send(forced, now);
        if (entry.profileTarget !== '') expect(put.profile).toBe(before.profile);
        else expect(put.profile).toBe(now.profile);
        if (entry.productTarget !== '') expect(put.product).toBe(before.product);
        else expect(put.product).toBe(now.product);
        // And an undo of that gives what was found.
        const again = resolve(undoEntry(1, forced, null), read(put));
        expect(send(again, put)).toEqual(now);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves alone a number whose product someone else has restored and whose profile has been moved', () => {
    const before = { profile: OTHER_PROFILE, product: 'A2P' };
    const now = { profile: THIRD, product: 'A2P' };
    const undo = resolve(
      undoEntry(1, withAccount(makeEntry({ productTarget: 'P2P' }), read(before), PROFILES), null),
      read(now),
    );
    expect(undo).toMatchObject({ action: 'held', reason: 'drifted', note: `now: profile ${THIRD}, product A2P` });
    expect(send(undo, now)).toEqual(now);
  });

  it('sends nothing of which it is not shown that it still has what the run has set', () => {
    const partly = fc.record(
      { profile: fc.constantFrom(null, PROFILE, OTHER_PROFILE, THIRD), product: fc.constantFrom('A2P', 'P2P', 'X') },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(state, targets, partly, fc.boolean(), (before, changes, now, force) => {
        const entry = withAccount(makeEntry(changes), read(before), PROFILES);
        fc.pre(entry.action === 'change');
        const after = send(entry, before);
        const undo = resolve(undoEntry(1, entry, null), found(now), force);
        if (undo.action !== 'change') return;
        for (const [field, target] of [
          ['profile', entry.profileTarget],
          ['product', entry.productTarget],
        ] as const) {
          if (target === '') continue;
          expect(now[field]).not.toBe(undefined);
          if (!force) expect(now[field]).toBe(after[field]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
