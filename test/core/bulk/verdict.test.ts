import { describe, expect, it } from 'vitest';
import type { NumberState } from '../../../src/core/account/number-table.ts';
import type { ShownSettings } from '../../../src/core/api/response.ts';
import {
  afterOrder,
  beforeOrder,
  countMismatch,
  isShort,
  otherChanges,
  outcomeAfter,
} from '../../../src/core/bulk/verdict.ts';
import { makeEntry, PHONE } from '../../support/make.ts';

const AT = '2026-01-01T00:00:00.000Z';
const A = 'aaaaaaaa-0000-4000-8000-000000000001';
const B = 'bbbbbbbb-0000-4000-8000-000000000002';
const OTHER = 'cccccccc-0000-4000-8000-000000000003';

const entry = makeEntry({ row: 4, id: 'n4', phoneNumber: PHONE, profileBefore: A, profileTarget: B });
const RUN = { isUndo: false, force: false, closed: new Map() };
const found = (shown: ShownSettings, id = 'n4'): NumberState => ({ state: 'found', id, shown: { id, ...shown } });
const ABSENT: NumberState = { state: 'absent' };
const UNREAD: NumberState = { state: 'unread' };

describe('a row that is read before its order', () => {
  const of = (number: NumberState, more = {}) => {
    const verdict = beforeOrder({ ...RUN, ...more }, entry, number, AT);
    return verdict.kind === 'ended' ? `${verdict.outcome.status} ${verdict.outcome.reason}`.trim() : verdict.kind;
  };

  it.each<[string, NumberState, object, string]>([
    ['is in it if it is as planned', found({ profile: A }), {}, 'order'],
    ['is in it if the read does not name its id', { state: 'found', id: 'n4', shown: { profile: A } }, {}, 'order'],
    ['is in it as the row of an undo', found({ profile: A }), { isUndo: true }, 'order'],
    ['ends at its target', found({ profile: B }), {}, 'unchanged'],
    ['is held if it has drifted', found({ profile: OTHER }), {}, 'held drifted'],
    ['goes by PATCH if it has drifted, with --force', found({ profile: OTHER }), { force: true }, 'patch'],
    ['goes by PATCH if its profile is not shown', found({}), {}, 'patch'],
    ['fails if its number is gone', ABSENT, {}, 'failed not_found'],
    ['goes by PATCH if it could not be read', UNREAD, {}, 'patch'],
    ['is held if it is the row of an undo that could not be read', UNREAD, { isUndo: true }, 'held unread'],
    ['goes by PATCH under another id', found({ profile: A }, 'n5'), {}, 'patch'],
    ['goes by PATCH with another id in the answer', found({ profile: A, id: 'n5' }), {}, 'patch'],
    ['goes by PATCH under another phone number', found({ profile: A, phoneNumber: '+13125550000' }), {}, 'patch'],
  ])('%s', (_, number, more, expected) => {
    expect(of(number, more)).toBe(expected);
  });

  it('keeps what was shown', () => {
    const shown = { id: 'n4', profile: A, tags: ['x'] };
    expect(beforeOrder(RUN, entry, found(shown), AT)).toEqual({ kind: 'order', shown });
  });
});

describe('a row that is read after its order', () => {
  it.each<[string, NumberState, object, string]>([
    ['has been moved', found({ profile: B }), {}, 'moved'],
    ['has been missed', found({ profile: A }), {}, 'missed'],
    ['has been changed by others', found({ profile: OTHER }), {}, 'drifted'],
    ['has been changed by others, with --force', found({ profile: OTHER }), { force: true }, 'missed'],
    ['is not shown', found({}), {}, 'unread'],
    ['is gone', ABSENT, {}, 'gone'],
    ['could not be read', UNREAD, {}, 'unread'],
    ['has another id', found({ profile: B }, 'n5'), {}, 'unread'],
    ['has another phone number', found({ profile: B, phoneNumber: '+13125550000' }), {}, 'unread'],
    ['of an undo has been moved', found({ profile: B }), { isUndo: true }, 'moved'],
  ])('%s', (_, number, more, expected) => {
    expect(afterOrder({ ...RUN, ...more }, entry, number)).toBe(expected);
  });

  it('ends with what the read has shown, and the id of the order', () => {
    const facts = { id: 'order-1', attempts: 1, durationMs: 9, at: AT, more: '' };
    const moved = outcomeAfter('moved', entry, found({ profile: B, product: 'A2P' }), facts);
    expect(moved).toEqual({
      row: 4,
      status: 'updated',
      reason: 'confirmed_by_read',
      retryable: false,
      profileAfter: B,
      productAfter: 'A2P',
      httpStatus: 200,
      errorCode: '',
      errorTitle: '',
      errorDetail: '',
      errorPointer: '',
      attempts: 1,
      durationMs: 9,
      requestId: 'order-1',
      finishedAt: AT,
    });
    expect(outcomeAfter('moved', entry, found({ profile: B }), { ...facts, more: 'more' }).errorDetail).toBe('more');
    expect(outcomeAfter('drifted', entry, found({ profile: OTHER }), facts)).toMatchObject({
      status: 'held',
      reason: 'drifted',
      profileAfter: OTHER,
      productAfter: '',
    });
    expect(outcomeAfter('gone', entry, ABSENT, facts)).toMatchObject({
      status: 'failed',
      reason: 'not_found',
      profileAfter: '',
      httpStatus: null,
    });
  });
});

describe('what an order has changed besides the profile', () => {
  it('is nothing if all other fields are as they were', () => {
    const others = { tags: '["a"]', traffic_type: '"A2P"' };
    expect(otherChanges({ product: 'A2P', others }, { product: 'A2P', others, profile: B })).toBe('');
    expect(otherChanges({}, {})).toBe('');
  });

  it('is each field with its values', () => {
    const before = { product: 'A2P', others: { tags: '["a"]', traffic_type: '"A2P"' } };
    const after = { product: 'P2P', others: { tags: '[]', traffic_type: '"A2P"' } };
    expect(otherChanges(before, after)).toBe('tags was ["a"] and is [], messaging_product was "A2P" and is "P2P"');
  });

  it('is not known of a field that one of the reads lacks', () => {
    expect(otherChanges({ product: 'A2P', others: { tags: '["a"]' } }, { product: null, others: {} })).toBe('');
    expect(otherChanges({ product: null }, { product: 'A2P', others: { tags: '[]' } })).toBe('');
  });
});

describe('the numbers on the target profile', () => {
  const counts = (after: number, isOpen = false) => ({ before: 5, after, moved: 10, late: 0, isOpen });

  it('may grow by those that have moved, or less while more may move', () => {
    expect(countMismatch(counts(15))).toBe('');
    expect(countMismatch(counts(12, true))).toBe('');
    expect([counts(15), counts(16), counts(14, true), counts(14)].map(isShort)).toEqual([false, false, false, true]);
  });

  it('may have grown by rows of earlier orders too, which may have come before', () => {
    expect([15, 16, 17].map((after) => countMismatch({ ...counts(after), late: 2 }))).toEqual(['', '', '']);
    expect(countMismatch({ ...counts(18), late: 2 })).not.toBe('');
  });

  it.each([counts(16), counts(14), counts(16, true)])('must not have grown otherwise', (given) => {
    expect(countMismatch(given)).toBe(
      `the target profile had 5 numbers before the order and has ${given.after} now, and the order has moved 10`,
    );
  });
});
