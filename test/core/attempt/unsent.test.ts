import { describe, expect, it } from 'vitest';
import type { NumberState } from '../../../src/core/account/number-table.ts';
import type { ShownSettings } from '../../../src/core/api/response.ts';
import { type ClosedReason, unsentOutcome } from '../../../src/core/attempt/unsent.ts';
import { makeEntry } from '../../support/make.ts';

const AT = '2026-01-01T00:00:00.000Z';
const A = 'aaaaaaaa-0000-4000-8000-000000000001';
const B = 'bbbbbbbb-0000-4000-8000-000000000002';
const OTHER = 'cccccccc-0000-4000-8000-000000000003';

const entry = makeEntry({ row: 1, profileBefore: A, profileTarget: B });
const RUN = { isUndo: false, force: false, closed: new Map<string, ClosedReason>() };
const found = (shown: ShownSettings): NumberState => ({ state: 'found', id: entry.id, shown });

describe('a row that is compared with its number', () => {
  const of = (number: NumberState, more = {}, one = entry) => {
    const outcome = unsentOutcome({ ...RUN, ...more }, one, number, AT);
    return outcome === null ? null : `${outcome.status} ${outcome.reason}`.trim();
  };

  it.each([
    ['as planned', found({ profile: A }), {}, null],
    ['at its target', found({ profile: B }), {}, 'unchanged'],
    ['elsewhere', found({ profile: OTHER }), {}, 'held drifted'],
    ['elsewhere, with --force', found({ profile: OTHER }), { force: true }, null],
    ['not shown', found({}), {}, null],
    ['not shown, of an undo', found({}), { isUndo: true }, 'held unread'],
    ['as planned, of an undo', found({ profile: A }), { isUndo: true }, null],
    ['gone', { state: 'absent' } as const, {}, 'failed not_found'],
    ['unreadable', { state: 'unreadable', why: '?' } as const, {}, null],
    ['unreadable, of an undo', { state: 'unreadable', why: '?' } as const, { isUndo: true }, 'held unread'],
    [
      'to a profile that is gone',
      found({ profile: A }),
      { force: true, closed: new Map([[B, 'unknown_profile']]) },
      'held unknown_profile',
    ],
    [
      'to a closed profile',
      found({ profile: A }),
      { closed: new Map([[B, 'profile_disabled']]) },
      'held profile_disabled',
    ],
  ])('%s', (_, number, more, expected) => {
    expect(of(number, more)).toBe(expected);
  });

  it('was at its target when it was planned', () => {
    const unchanged = { ...entry, action: 'unchanged' as const };
    expect(of(found({ profile: B }), {}, unchanged)).toBeNull();
    expect(of(found({ profile: OTHER }), {}, unchanged)).toBe('held drifted');
    const product = { ...unchanged, profileBefore: B };
    expect(of(found({}), { closed: new Map([[B, 'profile_disabled']]) }, product)).toBeNull();
  });

  it('records what the number has', () => {
    expect(unsentOutcome(RUN, entry, found({ profile: B, product: 'A2P' }), AT)).toMatchObject({
      row: 1,
      profileAfter: B,
      productAfter: 'A2P',
      attempts: 0,
      finishedAt: AT,
    });
  });
});
