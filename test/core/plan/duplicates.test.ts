import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/core/account/digest-table.ts';
import { createRepeatIndex, type Repeat } from '../../../src/core/plan/duplicates.ts';
import { sha256 } from '../../support/digests.ts';

type Row = { id: string; targets: string };

/** The verdicts on a file; row n is on line 10 n + 1. */
function verdictsOn(rows: readonly Row[], digest: Digest): Map<number, Repeat> {
  const index = createRepeatIndex(digest);
  for (const [at, { id, targets }] of rows.entries()) index.add({ row: at + 1, line: 10 * (at + 1) + 1, id }, targets);
  return index.verdicts();
}

const row = (text: string): Row => ({ id: text.slice(0, 1), targets: text.slice(1) });
const verdictsOf = (...rows: string[]) => Object.fromEntries(verdictsOn(rows.map(row), sha256));

/** A digest whose words after the first are equal for all targets, or those before the second. */
const alike =
  (word: 0 | 1): Digest =>
  (text) => {
    const [a, b, c, d] = sha256(text);
    if (!text.startsWith('to ')) return [a, b, c, d];
    return word === 0 ? [a, 0, c, d] : [0, b, c, d];
  };

describe('repeated ids', () => {
  it('none: no verdict', () => {
    expect(verdictsOf()).toEqual({});
    expect(verdictsOf('a1', 'b1', 'c2')).toEqual({});
  });

  it('with the same targets: the first is sent, the others name its line', () => {
    expect(verdictsOf('a1', 'b1', 'a1', 'a1')).toEqual({
      3: { kind: 'duplicate', line: 11 },
      4: { kind: 'duplicate', line: 11 },
    });
  });

  it('with other targets: every one of them, each naming the other lines', () => {
    expect(verdictsOf('a1', 'b1', 'a2', 'a1')).toEqual({
      1: { kind: 'conflict', lines: [31, 41], others: 2 },
      3: { kind: 'conflict', lines: [11, 41], others: 2 },
      4: { kind: 'conflict', lines: [11, 31], others: 2 },
    });
  });

  it('in a conflict of many rows name ten other lines and count all of them', () => {
    const rows = Array.from({ length: 15 }, (_, at) => `a${at}`);
    const verdicts = verdictsOf(...rows);
    const first = [11, 21, 31, 41, 51, 61, 71, 81, 91, 101, 111];
    expect(Object.keys(verdicts)).toHaveLength(15);
    expect(verdicts[1]).toEqual({ kind: 'conflict', lines: first.slice(1), others: 14 });
    expect(verdicts[2]).toEqual({ kind: 'conflict', lines: [11, ...first.slice(2)], others: 14 });
    expect(verdicts[15]).toEqual({ kind: 'conflict', lines: first.slice(0, 10), others: 14 });
  });

  it.each([0, 1] as const)('have other targets if only word %d of their digests differs', (word) => {
    const rows = ['to a', 'to b', 'to a'].map((targets) => ({ id: 'x', targets }));
    expect(verdictsOn(rows, alike(word)).get(1)).toEqual({ kind: 'conflict', lines: [21, 31], others: 2 });
    expect(verdictsOn([...rows.slice(0, 1), ...rows.slice(2)], alike(word)).get(2)).toEqual({
      kind: 'duplicate',
      line: 11,
    });
  });

  describe('of a row that is rejected for another reason', () => {
    const verdictsWith = (bad: readonly number[], ...rows: string[]) => {
      const index = createRepeatIndex(sha256);
      for (const [at, text] of rows.entries()) {
        const entry = { row: at + 1, line: 10 * (at + 1) + 1, id: text.slice(0, 1) };
        index.add(entry, text.slice(1), !bad.includes(at + 1));
      }
      return Object.fromEntries(index.verdicts());
    };

    it('send the next good row with the same targets', () => {
      expect(verdictsWith([1], 'a1', 'a1')).toEqual({});
      expect(verdictsWith([1, 3], 'a1', 'a1', 'a1', 'a1')).toEqual({ 4: { kind: 'duplicate', line: 21 } });
      expect(verdictsWith([2], 'a1', 'a1', 'a1')).toEqual({ 3: { kind: 'duplicate', line: 11 } });
      expect(verdictsWith([1, 2], 'a1', 'a1')).toEqual({});
    });

    it('with other targets are still in conflict, because one of them must be wrong', () => {
      expect(verdictsWith([1], 'a1', 'a2')).toEqual({
        1: { kind: 'conflict', lines: [21], others: 1 },
        2: { kind: 'conflict', lines: [11], others: 1 },
      });
    });
  });

  it('are found among more targets than are cached', () => {
    const targets = Array.from({ length: 300 }, (_, at) => `t${at}`);
    const rows = [...targets, ...targets].map((target) => ({ id: `of ${target}`, targets: target }));
    const verdicts = verdictsOn([...rows, { id: 'of t299', targets: 't0' }], sha256);
    expect(verdicts.size).toBe(299 + 3);
    expect(verdicts.get(301)).toEqual({ kind: 'duplicate', line: 11 });
    expect(verdicts.get(600)).toEqual({ kind: 'conflict', lines: [3001, 6011], others: 2 });
  });

  it('are found among thousands of rows', () => {
    const rows = Array.from({ length: 6000 }, (_, at) => ({ id: `id-${at % 5990}`, targets: at === 5995 ? 'x' : 'y' }));
    expect(Object.fromEntries(verdictsOn(rows, sha256))).toEqual({
      5991: { kind: 'duplicate', line: 11 },
      5992: { kind: 'duplicate', line: 21 },
      5993: { kind: 'duplicate', line: 31 },
      5994: { kind: 'duplicate', line: 41 },
      5995: { kind: 'duplicate', line: 51 },
      6: { kind: 'conflict', lines: [59961], others: 1 },
      5996: { kind: 'conflict', lines: [61], others: 1 },
      5997: { kind: 'duplicate', line: 71 },
      5998: { kind: 'duplicate', line: 81 },
      5999: { kind: 'duplicate', line: 91 },
      6000: { kind: 'duplicate', line: 101 },
    });
  });
});

/** The same verdicts the slow way: all rows in one map. */
function naive(rows: readonly Row[]): Map<number, Repeat> {
  const groups = new Map<string, (Row & { row: number; line: number })[]>();
  for (const [at, each] of rows.entries()) {
    const group = groups.get(each.id) ?? [];
    groups.set(each.id, [...group, { ...each, row: at + 1, line: 10 * (at + 1) + 1 }]);
  }
  const verdicts = new Map<number, Repeat>();
  for (const group of groups.values()) {
    const same = new Set(group.map(({ targets }) => targets)).size === 1;
    for (const [at, { row: number, line }] of group.entries()) {
      const others = group.filter((other) => other.line !== line).map((other) => other.line);
      if (!same) verdicts.set(number, { kind: 'conflict', lines: others.slice(0, 10), others: others.length });
      else if (at > 0) verdicts.set(number, { kind: 'duplicate', line: group[0]?.line ?? 0 });
    }
  }
  return verdicts;
}

describe('any file', () => {
  const file = (ids: number, rows: number) =>
    fc.array(
      fc.record({
        id: fc.integer({ min: 1, max: ids }).map((n) => `id-${n}`),
        targets: fc.constantFrom('p A2P', 'p ', ' A2P'),
      }),
      { maxLength: rows },
    );
  const byRow = (verdicts: Map<number, Repeat>) => [...verdicts].sort(([a], [b]) => a - b);

  // Digests of ids that all begin in the same slot, or in few of them.
  const crowded: Digest = (text) => [0, ...sha256(text).slice(1)] as [number, number, number, number];
  const wrapping: Digest = (text) =>
    [4095 - (text.length % 2), ...sha256(text).slice(1)] as [number, number, number, number];

  it.each([
    ['spread', sha256],
    ['crowded', crowded],
    ['at the end of the table', wrapping],
  ])('has the verdicts of counting by hand, with digests %s', (_how, digest) => {
    fc.assert(
      fc.property(fc.oneof(file(4, 40), file(30, 40)), (rows) => {
        expect(byRow(verdictsOn(rows, digest))).toEqual(byRow(naive(rows)));
      }),
      { numRuns: 60 },
    );
  });
});
