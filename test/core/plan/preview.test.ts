import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { productNote, unreadNote } from '../../../src/core/plan/note.ts';
import { createPreview } from '../../../src/core/plan/preview.ts';
import { makeEntry, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

const PRODUCTS_UNKNOWN = productNote({ isEligibleUnknown: true, losesMms: false });
const UNKNOWN_AND_MMS = productNote({ isEligibleUnknown: true, losesMms: true });
const UNREAD = unreadNote('HTTP 403');

function previewOf(...entries: PlanEntry[]) {
  const preview = createPreview();
  for (const entry of entries) preview.add(entry);
  return preview;
}

const change = (row: number, profileTarget = PROFILE) => makeEntry({ row, line: row + 1, profileTarget });
const rejected = (row: number) =>
  makeEntry({ row, line: row + 1, action: 'rejected', reason: 'bad_id', profileTarget: '' });
const to = (profileTarget: string, productTarget: string, count: number) => ({
  ...{ profileBefore: '', profileTarget, productBefore: '', productTarget, count },
});
const rows = (entries: PlanEntry[]) => entries.map(({ row }) => row);
const upTo = (n: number, from = 1) => Array.from({ length: n }, (_, at) => at + from);

describe('a preview', () => {
  it('of nothing is empty', () => {
    const preview = previewOf();
    expect(preview).toMatchObject({
      rows: 0,
      blankLines: 0,
      actions: { change: 0, unchanged: 0, rejected: 0, duplicate: 0, held: 0 },
    });
    expect([preview.rejections(), preview.changes(), preview.moves(), preview.heldBack()]).toEqual([[], [], [], []]);
    expect(preview.targets).toEqual(new Set());
    expect(preview.unsure).toEqual({ products: 0, unread: 0 });
  });

  it('counts rows and actions', () => {
    const others = (['unchanged', 'held', 'duplicate'] as const).map((action, at) =>
      makeEntry({ row: 4 + at, action }),
    );
    const preview = previewOf(change(1), rejected(2), change(3), ...others);
    expect(preview).toMatchObject({
      rows: 6,
      actions: { change: 2, unchanged: 1, rejected: 1, duplicate: 1, held: 1 },
    });
    expect(preview.moves()).toEqual([to(PROFILE, '', 2)]);
  });

  it('counts which rows bulk orders could take, by profile, and why others cannot be in one', () => {
    const move = (row: number, profileTarget = PROFILE) =>
      makeEntry({ row, phoneNumber: PHONE, profileBefore: 'UNASSIGN', profileTarget });
    const preview = previewOf(move(1), move(2), move(3, OTHER_PROFILE), change(4), {
      ...move(5),
      productTarget: 'A2P',
    });
    expect(preview.orderRows.toProfile).toEqual(
      new Map([
        [PROFILE, 2],
        [OTHER_PROFILE, 1],
      ]),
    );
    expect(preview.orderRows.patch).toEqual({ product: 1, unassign: 0, phone: 1, unread: 0 });
    preview.replace(move(2), { ...move(2), action: 'duplicate' });
    preview.replace(change(4), { ...change(4), action: 'duplicate' });
    expect(preview.orderRows.toProfile.get(PROFILE)).toBe(1);
    expect(preview.orderRows.patch).toMatchObject({ product: 1, phone: 0 });
  });

  it('counts moves, the most frequent first', () => {
    const product = makeEntry({ row: 9, profileTarget: '', productTarget: 'A2P' });
    const preview = previewOf(change(1, OTHER_PROFILE), change(2), product, change(3), rejected(4));
    expect(preview.moves()).toEqual([to(PROFILE, '', 2), to(OTHER_PROFILE, '', 1), to('', 'A2P', 1)]);
  });

  it('counts what is seen to change: a value that is there already is none, and the value before separates moves', () => {
    const fromOther = { profileBefore: OTHER_PROFILE, productBefore: 'A2P' };
    const preview = previewOf(
      makeEntry({ row: 1, ...fromOther, productTarget: 'A2P' }),
      makeEntry({ row: 2, ...fromOther }),
      makeEntry({ row: 3, ...fromOther, productBefore: 'P2P' }),
      makeEntry({ row: 4, ...fromOther, productTarget: 'P2P' }),
      makeEntry({ row: 5, profileBefore: PROFILE, productBefore: 'A2P', productTarget: 'P2P' }),
      makeEntry({ row: 6, profileBefore: 'UNASSIGN', productBefore: 'A2P' }),
    );
    expect(preview.moves()).toEqual([
      { profileBefore: OTHER_PROFILE, profileTarget: PROFILE, productBefore: '', productTarget: '', count: 3 },
      { profileBefore: OTHER_PROFILE, profileTarget: PROFILE, productBefore: 'A2P', productTarget: 'P2P', count: 1 },
      { profileBefore: '', profileTarget: '', productBefore: 'A2P', productTarget: 'P2P', count: 1 },
      { profileBefore: 'UNASSIGN', profileTarget: PROFILE, productBefore: '', productTarget: '', count: 1 },
    ]);
  });

  it('keeps moves apart that a space would bring together', () => {
    const products = (productBefore: string, productTarget: string) =>
      makeEntry({ profileTarget: '', productBefore, productTarget });
    expect(previewOf(products('a b', 'c'), products('a', 'b c')).moves()).toHaveLength(2);
  });

  it('keeps the first 20 changes and the first 20 rejections', () => {
    const preview = previewOf(...upTo(30).flatMap((n) => [change(2 * n - 1), rejected(2 * n)]));
    expect(rows(preview.changes())).toEqual(upTo(20).map((n) => 2 * n - 1));
    expect(rows(preview.rejections())).toEqual(upTo(20).map((n) => 2 * n));
    expect(preview.actions).toMatchObject({ change: 30, rejected: 30 });
  });

  it('keeps the first 20 rows that are held', () => {
    const held = (row: number) => makeEntry({ row, action: 'held', reason: 'drifted' });
    const preview = previewOf(...upTo(30).flatMap((n) => [change(2 * n - 1), held(2 * n)]));
    expect(rows(preview.heldBack())).toEqual(upTo(20).map((n) => 2 * n));
    expect(preview.actions).toMatchObject({ change: 30, held: 30 });
  });

  it('knows every profile that a row is to go to, and no other one', () => {
    const others = (['unchanged', 'held', 'duplicate', 'rejected'] as const).map((action) =>
      makeEntry({ action, profileTarget: 'elsewhere' }),
    );
    const product = makeEntry({ profileTarget: '', productTarget: 'A2P' });
    const preview = previewOf(change(1), change(2, 'UNASSIGN'), change(3, 'name:Sales'), change(4), product, ...others);
    expect([...preview.targets]).toEqual([PROFILE, 'UNASSIGN', 'name:Sales']);
    const many = previewOf(...upTo(1002).map((n) => change(n, `profile-${n}`)));
    expect(many.targets.size).toBe(1002);
  });

  it('counts the rows that are sent of which something is not known', () => {
    const noted = (row: number, note: string, action: PlanEntry['action'] = 'change') =>
      makeEntry({ row, action, note });
    const preview = previewOf(
      noted(1, PRODUCTS_UNKNOWN),
      noted(2, UNKNOWN_AND_MMS),
      noted(3, UNREAD),
      noted(4, 'loses MMS'),
      noted(5, UNREAD, 'held'),
      noted(6, PRODUCTS_UNKNOWN, 'rejected'),
    );
    expect(preview.unsure).toEqual({ products: 2, unread: 1 });
  });

  it('counts who moves between two profiles, whatever happens to the product, and who loses MMS', () => {
    const from = { profileBefore: OTHER_PROFILE, productBefore: 'A2P' };
    const preview = previewOf(
      makeEntry({ row: 1, ...from }),
      makeEntry({ row: 2, ...from, profileTarget: 'UNASSIGN', productTarget: 'P2P' }),
      makeEntry({ row: 3, ...from, productTarget: 'P2P' }),
      makeEntry({ row: 4, ...from, profileTarget: '', productTarget: 'P2P' }),
      makeEntry({ row: 5, ...from, profileTarget: OTHER_PROFILE, productTarget: 'X' }),
      makeEntry({ row: 6, productTarget: 'P2P' }),
      makeEntry({ row: 7, ...from, action: 'held', productTarget: 'P2P' }),
    );
    expect(preview.pairs()).toEqual([
      { from: OTHER_PROFILE, to: PROFILE, count: 2 },
      { from: OTHER_PROFILE, to: 'UNASSIGN', count: 1 },
      { from: '', to: PROFILE, count: 1 },
    ]);
    expect(preview.losesMms).toBe(3);
  });

  it('counts a thousand moves apart and no more, but every number that leaves a profile', () => {
    const preview = previewOf(...upTo(1002).map((n) => change(n, `profile-${n}`)), change(2000, 'profile-1000'));
    expect(preview.pairs()).toHaveLength(1002);
    expect(preview.pairs()[0]).toEqual({ from: '', to: 'profile-1000', count: 2 });
    preview.add(makeEntry({ row: 2001, profileBefore: PROFILE, profileTarget: 'UNASSIGN' }));
    expect(preview.pairs()).toContainEqual({ from: PROFILE, to: 'UNASSIGN', count: 1 });
    expect(preview.moves()).toHaveLength(1000);
    expect(preview.moves()[0]).toEqual(to('profile-1000', '', 2));
    preview.replace(change(1001, 'profile-1001'), rejected(1001));
    expect(preview.moves()).toHaveLength(1000);
  });
});

describe('an entry that turns out to repeat an id', () => {
  it('becomes a duplicate: neither a change nor a rejection', () => {
    const preview = previewOf(change(1), change(2, OTHER_PROFILE), change(3));
    preview.replace(change(2, OTHER_PROFILE), { ...change(2, OTHER_PROFILE), action: 'duplicate' });
    expect(preview).toMatchObject({ rows: 3, actions: { change: 2, duplicate: 1, rejected: 0 } });
    expect(rows(preview.changes())).toEqual([1, 3]);
    expect(preview.rejections()).toEqual([]);
    expect(preview.moves()).toEqual([to(PROFILE, '', 2)]);
  });

  it('is no longer one of those of which something is not known', () => {
    const unread = makeEntry({ row: 1, note: UNREAD });
    const unclear = makeEntry({ row: 2, note: PRODUCTS_UNKNOWN });
    const preview = previewOf(unread, { ...unread, row: 3 }, unclear);
    preview.replace(unread, { ...unread, action: 'duplicate' });
    expect(preview.unsure).toEqual({ products: 1, unread: 1 });
    preview.replace(unclear, { ...unclear, action: 'rejected', reason: 'conflict' });
    expect(preview.unsure).toEqual({ products: 0, unread: 1 });
  });

  it('becomes a duplicate of one that is at its target', () => {
    const unchanged = makeEntry({ row: 2, action: 'unchanged' });
    const preview = previewOf(change(1), unchanged);
    preview.replace(unchanged, { ...unchanged, action: 'duplicate' });
    expect(preview).toMatchObject({ rows: 2, actions: { change: 1, unchanged: 0, duplicate: 1 } });
    expect(preview.moves()).toEqual([to(PROFILE, '', 1)]);
  });

  it('stays among the rejections if it is rejected for another reason now', () => {
    const preview = previewOf(rejected(1), rejected(2));
    preview.replace(rejected(1), { ...rejected(1), reason: 'conflict' });
    expect(preview.rejections().map(({ reason }) => reason)).toEqual(['conflict', 'bad_id']);
    expect(preview.actions.rejected).toBe(2);
  });

  it('becomes a rejection, which stands among the others by row', () => {
    const preview = previewOf(change(1), rejected(2), change(3), rejected(4));
    preview.replace(change(3), { ...change(3), action: 'rejected', reason: 'conflict' });
    expect(rows(preview.rejections())).toEqual([2, 3, 4]);
    expect(rows(preview.changes())).toEqual([1]);
    expect(preview.actions).toMatchObject({ change: 1, rejected: 3 });
  });

  it('comes before a later rejection if there is room for 20 only', () => {
    const preview = previewOf(...upTo(20, 2).map(rejected), change(1));
    preview.replace(change(1), { ...change(1), action: 'rejected' });
    expect(rows(preview.rejections())).toEqual(upTo(20));
    expect(preview.changes()).toEqual([]);
    expect(preview.actions.rejected).toBe(21);
  });

  it('may be one that was not kept to be shown', () => {
    const preview = previewOf(...upTo(25).map((n) => change(n)));
    preview.replace(change(25), { ...change(25), action: 'duplicate' });
    expect(rows(preview.changes())).toEqual(upTo(20));
    expect(preview.actions).toMatchObject({ change: 24, duplicate: 1 });
  });
});

describe('any plan', () => {
  const cell = fc.constantFrom('', 'UNASSIGN', PROFILE, OTHER_PROFILE);
  const product = fc.constantFrom('', 'A2P', 'P2P');
  const entries = fc.array(
    fc.record({
      action: fc.constantFrom('change', 'unchanged', 'rejected', 'duplicate', 'held'),
      profileBefore: cell,
      profileTarget: cell,
      productBefore: product,
      productTarget: product,
      note: fc.constantFrom('', 'loses MMS', PRODUCTS_UNKNOWN, UNKNOWN_AND_MMS, UNREAD),
    }),
    { maxLength: 40 },
  );

  it('adds up: every row under one action, every change under one way to change', () => {
    fc.assert(
      fc.property(entries, fc.array(fc.nat(39)), (given, again) => {
        const plan = given.map((changes, at) => makeEntry({ row: at + 1, ...changes }) as PlanEntry);
        const preview = previewOf(...plan);
        for (const at of new Set(again)) {
          const was = plan[at];
          if (was === undefined) continue;
          preview.replace(was, { ...was, action: 'duplicate' });
          plan[at] = { ...was, action: 'duplicate' };
        }
        const { actions } = preview;
        expect(Object.values(actions).reduce((sum, n) => sum + n, 0)).toBe(plan.length);
        const changes = plan.filter((entry) => entry.action === 'change');
        expect(preview.moves().reduce((sum, move) => sum + move.count, 0)).toBe(actions.change);
        const moving = changes.filter((entry) => !['', entry.profileBefore].includes(entry.profileTarget));
        expect(preview.pairs().reduce((sum, pair) => sum + pair.count, 0)).toBe(moving.length);
        const losers = changes.filter((entry) => entry.productBefore === 'A2P' && entry.productTarget === 'P2P');
        expect(preview.losesMms).toBe(losers.length);
        const noted = (note: string) => changes.filter((entry) => entry.note.startsWith(note)).length;
        expect(preview.unsure).toEqual({ products: noted(PRODUCTS_UNKNOWN), unread: noted(UNREAD) });
        for (const move of preview.moves()) {
          expect(move.profileTarget === '' && move.profileBefore !== '').toBe(false);
          expect(move.profileTarget !== '' && move.profileTarget === move.profileBefore).toBe(false);
        }
      }),
    );
  });
});
