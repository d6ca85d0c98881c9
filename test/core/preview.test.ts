import { describe, expect, it } from 'vitest';
import type { PlanEntry } from '../../src/core/plan.ts';
import { createPreview } from '../../src/core/preview.ts';
import { makeEntry, OTHER_PROFILE, PROFILE } from './make.ts';

function previewOf(...entries: PlanEntry[]) {
  const preview = createPreview();
  for (const entry of entries) preview.add(entry);
  return preview;
}

const change = (row: number, profileTarget = PROFILE) => makeEntry({ row, line: row + 1, profileTarget });
const rejected = (row: number) =>
  makeEntry({ row, line: row + 1, action: 'rejected', reason: 'bad_id', profileTarget: '' });
const rows = (entries: PlanEntry[]) => entries.map(({ row }) => row);
const upTo = (n: number, from = 1) => Array.from({ length: n }, (_, at) => at + from);

describe('a preview', () => {
  it('of nothing is empty', () => {
    const preview = previewOf();
    expect(preview).toMatchObject({
      rows: 0,
      blankLines: 0,
      actions: { change: 0, unchanged: 0, rejected: 0, duplicate: 0 },
    });
    expect([preview.rejections(), preview.changes(), preview.targets()]).toEqual([[], [], []]);
  });

  it('counts rows and actions', () => {
    const preview = previewOf(change(1), rejected(2), change(3), makeEntry({ row: 4, action: 'unchanged' }));
    expect(preview).toMatchObject({ rows: 4, actions: { change: 2, unchanged: 1, rejected: 1, duplicate: 0 } });
  });

  it('counts targets of changes, the most frequent first', () => {
    const product = makeEntry({ row: 9, profileTarget: '', productTarget: 'A2P' });
    const preview = previewOf(change(1, OTHER_PROFILE), change(2), product, change(3), rejected(4));
    expect(preview.targets()).toEqual([
      { profile: PROFILE, product: '', count: 2 },
      { profile: OTHER_PROFILE, product: '', count: 1 },
      { profile: '', product: 'A2P', count: 1 },
    ]);
  });

  it('keeps the first 20 changes and the first 20 rejections', () => {
    const preview = previewOf(...upTo(30).flatMap((n) => [change(2 * n - 1), rejected(2 * n)]));
    expect(rows(preview.changes())).toEqual(upTo(20).map((n) => 2 * n - 1));
    expect(rows(preview.rejections())).toEqual(upTo(20).map((n) => 2 * n));
    expect(preview.actions).toMatchObject({ change: 30, rejected: 30 });
  });

  it('counts a thousand targets apart, and no more', () => {
    const preview = previewOf(...upTo(1002).map((n) => change(n, `profile-${n}`)), change(2000, 'profile-1000'));
    expect(preview.targets()).toHaveLength(1000);
    expect(preview.targets()[0]).toEqual({ profile: 'profile-1000', product: '', count: 2 });
    preview.replace(change(1001, 'profile-1001'), rejected(1001));
    expect(preview.targets()).toHaveLength(1000);
  });
});

describe('an entry that turns out to repeat an id', () => {
  it('becomes a duplicate: neither a change nor a rejection', () => {
    const preview = previewOf(change(1), change(2, OTHER_PROFILE), change(3));
    preview.replace(change(2, OTHER_PROFILE), { ...change(2, OTHER_PROFILE), action: 'duplicate' });
    expect(preview).toMatchObject({ rows: 3, actions: { change: 2, duplicate: 1, rejected: 0 } });
    expect(rows(preview.changes())).toEqual([1, 3]);
    expect(preview.rejections()).toEqual([]);
    expect(preview.targets()).toEqual([{ profile: PROFILE, product: '', count: 2 }]);
  });

  it('becomes a rejection, which stands among the others by row', () => {
    const preview = previewOf(change(1), rejected(2), change(3), rejected(4));
    preview.replace(change(3), { ...change(3), action: 'rejected', reason: 'conflict' });
    expect(rows(preview.rejections())).toEqual([2, 3, 4]);
    expect(rows(preview.changes())).toEqual([1]);
    expect(preview.actions).toMatchObject({ change: 1, rejected: 3 });
  });

  it('comes before a later rejection where there is room for 20 only', () => {
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
