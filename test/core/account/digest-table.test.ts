import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDigestTable, type Digest, doubled } from '../../../src/core/account/digest-table.ts';
import { anyText } from '../../support/any-text.ts';
import { sha256 } from '../../support/digests.ts';

describe('a typed array of twice the length', () => {
  it.each([
    new Uint8Array([1, 255]),
    new Uint16Array([1, 65_535]),
    new Uint32Array([1, 4_294_967_295]),
    new Float64Array([1, 0.5]),
  ])('is of the same kind, begins with what was there, and goes on with 0 (%#)', (old) => {
    const next = doubled(old);
    expect(next.constructor).toBe(old.constructor);
    expect([...next]).toEqual([...old, 0, 0]);
  });
});

describe('a table of digests', () => {
  it('numbers texts in the order in which they come first', () => {
    const table = createDigestTable(sha256);
    expect(table.size()).toBe(0);
    expect(['a', 'b', 'a', '', 'b', ''].map(table.numberOf)).toEqual([0, 1, 0, 2, 1, 2]);
    expect(table.size()).toBe(3);
  });

  it('finds a text without adding it', () => {
    const table = createDigestTable(sha256);
    table.numberOf('a');
    expect([table.find('a'), table.find('b')]).toEqual([0, -1]);
    expect(table.size()).toBe(1);
  });

  it.each([0, 1, 2, 3])('tells texts apart by word %d of their digests alone', (word) => {
    const digest: Digest = (text) => [0, 1, 2, 3].map((at) => (at === word ? Number(text) : 7)) as never;
    const table = createDigestTable(digest);
    expect(['1', '2', '1'].map(table.numberOf)).toEqual([0, 1, 0]);
    expect(table.find('3')).toBe(-1);
  });

  it('takes words with and without a sign for the same', () => {
    const table = createDigestTable((text) => (text === 'a' ? [-1, -2, -3, -4] : [2 ** 32 - 1, 2 ** 32 - 2, -3, -4]));
    expect([table.numberOf('a'), table.numberOf('b')]).toEqual([0, 0]);
  });

  it('keeps its numbers while it grows, wherever its texts fall', () => {
    const crowded: Digest = (text) => [4090 + (text.length % 4), ...sha256(text).slice(1)] as never;
    for (const digest of [sha256, crowded]) {
      const table = createDigestTable(digest);
      const texts = Array.from({ length: digest === sha256 ? 20_000 : 2500 }, (_, at) => `text ${at}`);
      for (const text of texts) table.numberOf(text);
      expect(texts.every((text, at) => table.find(text) === at && table.numberOf(text) === at)).toBe(true);
      expect(table.size()).toBe(texts.length);
      expect(table.find('another')).toBe(-1);
    }
  });

  it('does as a map does, for any texts', () => {
    fc.assert(
      fc.property(fc.array(anyText(3)), anyText(3), (texts, other) => {
        const table = createDigestTable(sha256);
        const map = new Map<string, number>();
        for (const text of texts) {
          if (!map.has(text)) map.set(text, map.size);
          expect(table.numberOf(text)).toBe(map.get(text));
        }
        expect(table.find(other)).toBe(map.get(other) ?? -1);
        expect(table.size()).toBe(map.size);
      }),
    );
  });
});
