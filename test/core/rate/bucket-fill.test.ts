import { describe, expect, it } from 'vitest';
import { createBucketFill } from '../../../src/core/rate/bucket-fill.ts';

const LIMIT = 100;
const FILL_MS = 60_000;

/** A bucket that is sent to, and the estimate that hears of it. */
function bucket(noise = 0) {
  const fill = createBucketFill();
  let at = 0;
  let taken = 0;
  let sent = 0;
  let due = 0;
  return {
    fill,
    /** So many requests a second for so long, of a bucket that fills in `fillMs` and of which others take as well. */
    send(perSecond: number | (() => number), forMs: number, { theirs = 0, fillMs = FILL_MS } = {}): void {
      due = Math.max(due, at);
      for (const end = at + forMs; at < end; at += 10) {
        taken = Math.max(0, taken - (LIMIT * 10) / fillMs) + theirs / 100;
        if (at < due) continue;
        taken += 1;
        sent += 1;
        fill.heard(at, { limit: LIMIT, used: Math.ceil(taken), sent, noise });
        due += 1000 / (typeof perSecond === 'number' ? perSecond : perSecond());
      }
    },
  };
}

/** What the estimate asks for, at four fifths of how fast it takes the bucket to fill. */
const led = (fill: ReturnType<typeof createBucketFill>) => () =>
  (0.8 * LIMIT * 1000 * fill.look()) / (fill.ms() ?? FILL_MS);

describe('in how long a bucket fills', () => {
  it('is not known while it is full', () => {
    const { fill, send } = bucket();
    send(1, 60_000);
    expect(fill.ms()).toBeNull();
    expect(fill.look()).toBe(1);
  });

  it('is known within seconds where it was drained, and ever more exactly', () => {
    const { fill, send } = bucket();
    send(10, 5000);
    expect(fill.ms()).toBeGreaterThan(40_000);
    expect(fill.ms()).toBeLessThan(90_000);
    send(1.3, 60_000);
    expect(fill.ms()).toBeGreaterThan(58_500);
    expect(fill.ms()).toBeLessThan(61_500);
  });

  it('is what it was when others take of it, and shorter when they have left', () => {
    const { fill, send } = bucket();
    send(10, 5000, { theirs: 0.8 });
    send(0.5, 60_000, { theirs: 0.8 });
    expect(fill.ms()).toBeGreaterThan(100_000);
    send(0.5, 120_000);
    send(10, 5000);
    send(1, 60_000);
    expect(fill.ms()).toBeLessThan(62_000);
    send(0.5, 120_000);
    send(10, 5000, { theirs: 0.8 });
    send(0.5, 60_000, { theirs: 0.8 });
    expect(fill.ms()).toBeLessThan(62_000);
  });

  it('counts on what arrives out of its time', () => {
    const { fill, send } = bucket(5);
    send(10, 5000);
    expect(fill.ms()).not.toBeNull();
    send(1.3, 60_000);
    expect(fill.ms()).toBeGreaterThan(58_000);
    expect(fill.ms()).toBeLessThan(62_000);
  });

  it('is looked for after ten fillings without a sight of it, and then more seldom when nothing has changed', () => {
    const { fill, send } = bucket();
    send(10, 5000);
    const minutes: number[] = [];
    for (let minute = 0; minute < 60; minute++) {
      let looked = false;
      for (let part = 0; part < 60; part++) {
        send(led(fill), 1000);
        looked ||= fill.look() > 1;
      }
      if (looked) minutes.push(minute);
    }
    expect(minutes[0]).toBeGreaterThanOrEqual(10);
    expect(minutes[0]).toBeLessThan(16);
    expect(minutes.length).toBeGreaterThanOrEqual(2);
    expect(minutes.length).toBeLessThanOrEqual(6);
    expect(fill.ms()).toBeGreaterThan(58_000);
    expect(fill.ms()).toBeLessThan(62_000);
  });

  it('is found by such a look when it is filled faster', () => {
    const { fill, send } = bucket();
    send(10, 5000, { theirs: 0.8 });
    send(led(fill), 120_000, { theirs: 0.8 });
    expect(fill.ms()).toBeGreaterThan(100_000);
    for (let s = 0; s < 2400; s++) send(led(fill), 1000);
    expect(fill.ms()).toBeGreaterThan(57_000);
    expect(fill.ms()).toBeLessThan(63_000);
  });

  it('is looked for within a few fillings when others seem to have left, who made it less than full now and then', () => {
    const { fill, send } = bucket();
    send(10, 5000, { theirs: 0.8 });
    for (let s = 0; s < 1200; s++) send(led(fill), 1000, { theirs: 0.8 });
    expect(fill.ms()).toBeGreaterThan(100_000);
    for (let s = 0; s < 780; s++) send(led(fill), 1000);
    expect(fill.ms()).toBeGreaterThan(57_000);
    expect(fill.ms()).toBeLessThan(66_000);
  });

  it('is found as well when it is filled only a little faster, which such a look drains', () => {
    const { fill, send } = bucket();
    send(10, 5000);
    send(0.5, 120_000);
    for (let s = 0; s < 1500; s++) send(led(fill), 1000, { fillMs: 52_000 });
    expect(fill.ms()).toBeGreaterThan(50_000);
    expect(fill.ms()).toBeLessThan(54_000);
  });

  it('does not change by a look that nobody makes use of', () => {
    const { fill, send } = bucket();
    send(10, 5000);
    send(0.5, 120_000);
    const known = fill.ms();
    expect(known).not.toBeNull();
    send(1, 1_200_000);
    expect(fill.ms()).toBe(known);
  });

  it('is forgotten', () => {
    const { fill, send } = bucket();
    send(10, 5000);
    fill.forget();
    expect(fill.ms()).toBeNull();
    expect(fill.look()).toBe(1);
  });
});
