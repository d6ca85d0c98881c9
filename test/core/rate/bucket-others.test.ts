import { describe, expect, it } from 'vitest';
import { createBucketOthers } from '../../../src/core/rate/bucket-others.ts';

const LIMIT = 100;
const FILL_MS = 60_000;
const ALONE = 80 / 60;

type Part = { forMs: number; theirs: number };

/** Sends at the pace it asks for to a bucket of which others take so much, in tokens a second; gives ours of each part. */
function send(parts: Part[], others = createBucketOthers(), noise = 0): number[] {
  let at = 0;
  let taken = 0;
  let sent = 0;
  let due = 0;
  return parts.map(({ forMs, theirs }) => {
    const from = sent;
    for (const end = at + forMs; at < end; at += 50) {
      taken = Math.max(0, taken - (LIMIT * 50) / FILL_MS) + theirs / 20;
      if (at < due) continue;
      taken += 1;
      sent += 1;
      others.heard(at, { limit: LIMIT, fillMs: FILL_MS, used: Math.ceil(taken), sent, noise }, ALONE);
      due = Math.max(due, at - 50) + 1000 / Math.max(0.02, others.pace(ALONE, 1));
    }
    return ((sent - from) * 1000) / forMs;
  });
}

describe('what others take of a bucket', () => {
  it('is nothing while nobody else is there', () => {
    const [ours] = send([{ forMs: 600_000, theirs: 0 }]);
    expect((ours as number) / ALONE).toBeCloseTo(1, 1);
  });

  it.each([0.3, 0.5, 0.6])(
    'is left to them on average, and taken back when they are gone: %d of what it fills with',
    (share) => {
      const theirs = (share * LIMIT * 1000) / FILL_MS;
      const [, ours, , after] = send([
        { forMs: 300_000, theirs: 0 },
        { forMs: 1_200_000, theirs },
        { forMs: 180_000, theirs: 0 },
        { forMs: 300_000, theirs: 0 },
      ]);
      expect((ours as number) / (ALONE - theirs)).toBeGreaterThan(0.85);
      expect((ours as number) / (ALONE - theirs)).toBeLessThan(1.15);
      expect((after as number) / ALONE).toBeGreaterThan(0.95);
    },
  );

  it('is looked for again within a few fillings where they leave nothing', () => {
    const theirs = (0.9 * LIMIT * 1000) / FILL_MS;
    const [, ours, , after] = send([
      { forMs: 60_000, theirs: 0 },
      { forMs: 600_000, theirs },
      { forMs: 240_000, theirs: 0 },
      { forMs: 300_000, theirs: 0 },
    ]);
    expect(ours).toBeLessThan(0.35 * ALONE);
    expect((after as number) / ALONE).toBeGreaterThan(0.95);
  });

  it('is not what a burst of our own has taken', () => {
    const others = createBucketOthers();
    const use = { limit: LIMIT, fillMs: FILL_MS, noise: 0 };
    others.heard(0, { ...use, used: 1, sent: 1 }, ALONE);
    for (let s = 1; s <= 60; s++) {
      others.heard(s * 1000, { ...use, used: Math.ceil(60 - (s * LIMIT) / 60 + s), sent: 60 + s }, ALONE);
      expect(others.pace(ALONE, 1)).toBe(ALONE);
    }
  });

  it('is asked for faster when that is wanted, but not while others are known of', () => {
    const others = createBucketOthers();
    expect(others.pace(ALONE, 1.5)).toBe(1.5 * ALONE);
    send([{ forMs: 25_000, theirs: 0.5 * ALONE + 0.5 }], others);
    expect(others.pace(ALONE, 1.5)).toBeLessThan(ALONE / 2);
    expect(others.pace(ALONE, 1.5)).toBe(others.pace(ALONE, 1));
  });

  it('does not show in places that may only have come out of their time', () => {
    const theirs = 0.35 * ALONE;
    const [seen] = send([{ forMs: 120_000, theirs }]);
    const [unseen] = send([{ forMs: 120_000, theirs }], createBucketOthers(), 50);
    expect(seen).toBeLessThan(0.9 * ALONE);
    expect((unseen as number) / ALONE).toBeGreaterThan(0.97);
  });
});
