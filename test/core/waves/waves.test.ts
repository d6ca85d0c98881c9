import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNASSIGN } from '../../../src/core/input/target.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import type { Limit } from '../../../src/core/settings/table/definition.ts';
import { createWaves, waveSizes } from '../../../src/core/waves/waves.ts';
import { makeEntry, OTHER_PROFILE, PROFILE } from '../../support/make.ts';

const rows = (value: number): Limit => ({ value, percent: false });
const percent = (value: number): Limit => ({ value, percent: true });

describe('the sizes of waves', () => {
  it.each([
    [100, [rows(20)], [20, 80]],
    [10_000, [rows(20), rows(200), percent(20)], [20, 200, 2000, 7780]],
    [100, [percent(1.5)], [2, 98]],
    [1000, [percent(1.1)], [11, 989]],
    [3, [percent(0.001)], [1, 2]],
    [100, [percent(100), rows(5)], [100]],
    [20, [rows(20)], [20]],
    [20, [rows(30), rows(5)], [20]],
    [20, [rows(15), rows(10), rows(1)], [15, 5]],
    [0, [rows(20)], []],
  ] as const)('of %d rows in %j are %j', (total, list, sizes) => {
    expect(waveSizes(total, list)).toEqual(sizes);
  });
});

/** Entries of these changes, one a row. */
const entriesOf = (changes: readonly Partial<PlanEntry>[]) =>
  changes.map((change, at) =>
    makeEntry({ row: at + 1, profileBefore: OTHER_PROFILE, productBefore: 'A2P', ...change }),
  );

function divided(entries: readonly PlanEntry[], list: readonly Limit[]) {
  const waves = createWaves(entries.length, list);
  for (const entry of entries) waves.add(entry);
  const { sizes, waveOf } = waves.divided();
  return { sizes, waveOf: [...waveOf.slice(1)] };
}

describe('rows in waves', () => {
  const profile = { profileTarget: PROFILE };
  const product = { profileTarget: '', productTarget: 'P2P' };
  const both = { profileTarget: PROFILE, productTarget: 'P2P' };

  it('keep their order, and are not in one if they are not sent', () => {
    const entries = entriesOf([profile, { action: 'rejected' }, profile, { action: 'unchanged' }, profile, profile]);
    expect(divided(entries, [rows(2), rows(1)])).toEqual({ sizes: [2, 1, 1], waveOf: [1, 0, 1, 0, 2, 3] });
  });

  it('of every kind of change are in the first, one of each in turn', () => {
    const entries = entriesOf([profile, profile, profile, product, product, both, profile]);
    expect(divided(entries, [rows(3)]).waveOf).toEqual([1, 2, 2, 1, 2, 1, 2]);
    expect(divided(entries, [rows(5)]).waveOf).toEqual([1, 1, 2, 1, 1, 1, 2]);
    // A group that has no more rows gives its turn to the others.
    expect(divided(entries, [rows(6)]).waveOf).toEqual([1, 1, 1, 1, 1, 1, 2]);
  });

  it('that try a new target come before others, if the first wave is too small for all', () => {
    const from = (profileBefore: string, profileTarget: string) => ({ profileBefore, profileTarget });
    const entries = entriesOf([from('a', PROFILE), from('b', PROFILE), from('c', PROFILE), from('d', UNASSIGN)]);
    expect(divided(entries, [rows(2)]).waveOf).toEqual([1, 2, 2, 1]);
    const products = entriesOf([product, { ...product, productBefore: 'X' }, { ...product, productTarget: 'OTHER' }]);
    expect(divided(products, [rows(2)]).waveOf).toEqual([1, 2, 1]);
  });

  it('of one group are those that change in the same way, whatever they keep', () => {
    const kept = { profileTarget: OTHER_PROFILE, productTarget: 'P2P' };
    expect(divided(entriesOf([product, kept, profile]), [rows(2)]).waveOf).toEqual([1, 2, 1]);
  });

  it('of very many kinds share a group', () => {
    const many = entriesOf(Array.from({ length: 10_003 }, (_, at) => ({ profileBefore: `p${at}` })));
    const { sizes, waveOf } = divided(many, [rows(10_002)]);
    expect(sizes).toEqual([10_002, 1]);
    expect(waveOf.filter((wave) => wave === 1)).toHaveLength(10_002);
    expect(waveOf.at(-1)).toBe(2);
  });

  it('are each in one wave of the size that was computed, and the first covers what it can', () => {
    const change = fc.record({
      profileBefore: fc.constantFrom('a', 'b', 'c'),
      profileTarget: fc.constantFrom('', 'a', 'x', 'y'),
      productTarget: fc.constantFrom('', 'P2P', 'A2P'),
      action: fc.constantFrom('change' as const, 'change' as const, 'rejected' as const),
    });
    const list = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 20 }).map(rows), fc.integer({ min: 1, max: 100 }).map(percent)),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), list, (changes, limits) => {
        const entries = entriesOf(changes);
        const { sizes, waveOf } = divided(entries, limits);
        for (const [at, size] of sizes.entries()) expect(waveOf.filter((wave) => wave === at + 1)).toHaveLength(size);
        for (const { row, action } of entries) expect(waveOf[row - 1] === 0).toBe(action !== 'change');
        const sent = entries.filter(({ action }) => action === 'change');
        // A target that the number has already is kept, whatever else changes.
        const groupOf = ({ profileBefore, profileTarget, productTarget }: PlanEntry) => {
          const profile = profileTarget === profileBefore ? '' : profileTarget;
          return JSON.stringify([profile && profileBefore, profile, productTarget === 'A2P' ? '' : productTarget]);
        };
        const first = new Set(sent.filter(({ row }) => waveOf[row - 1] === 1).map(groupOf));
        const all = new Set(sent.map(groupOf));
        if ((sizes[0] ?? 0) >= all.size) expect(first).toEqual(all);
      }),
    );
  });
});
