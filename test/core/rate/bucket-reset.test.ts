import { describe, expect, it } from 'vitest';
import { createBucketReset, type ResetSample } from '../../../src/core/rate/bucket-reset.ts';

const LIMIT = 100;
/** Of a bucket that fills in a minute. */
const TOKEN_MS = 600;

const sample = (used: number, resetMs: number, more: Partial<ResetSample> = {}): ResetSample => ({
  limit: LIMIT,
  used,
  resetMs,
  resetBlurMs: 0,
  ageMs: 0,
  noise: 0,
  ...more,
});

const whole = (round: (n: number) => number) => (ms: number) => round(ms / 1000) * 1000;

describe('what the reset of a bucket tells', () => {
  it.each([
    ['exactly', (ms: number) => ms],
    ['rounded up', whole(Math.ceil)],
    ['rounded', whole(Math.round)],
    ['cut off', whole(Math.floor)],
  ])('is in how long it fills: %s', (_how, rounded) => {
    const reset = createBucketReset();
    for (let used = 1; used <= 60; used++) reset.heard(sample(used, rounded(used * TOKEN_MS)));
    expect((reset.ms() as number) / (LIMIT * TOKEN_MS)).toBeGreaterThan(0.94);
    expect((reset.ms() as number) / (LIMIT * TOKEN_MS)).toBeLessThan(1.06);
  });

  it('is found although the places are wrong by a few, where that is known', () => {
    const told = (noise: number) => {
      const reset = createBucketReset();
      for (let used = 1; used <= 80; used++) {
        const wrong = ((used * 7) % 5) - 2;
        reset.heard(sample(Math.max(1, used + wrong), used * TOKEN_MS, { noise }));
      }
      return reset.ms();
    };
    expect(told(0)).toBeNull();
    expect((told(2) as number) / (LIMIT * TOKEN_MS)).toBeGreaterThan(0.9);
    expect((told(2) as number) / (LIMIT * TOKEN_MS)).toBeLessThan(1.1);
  });

  it('may be a time of day in whole seconds, of which it is taken', () => {
    const reset = createBucketReset();
    for (let used = 1; used <= 80; used++) {
      const now = used * 250;
      const ms = (Math.ceil((now + used * TOKEN_MS) / 1000) - Math.floor(now / 1000)) * 1000;
      reset.heard(sample(used, ms, { resetBlurMs: 2000 }));
    }
    expect((reset.ms() as number) / (LIMIT * TOKEN_MS)).toBeGreaterThan(0.94);
    expect((reset.ms() as number) / (LIMIT * TOKEN_MS)).toBeLessThan(1.06);
  });

  it('is not known from a few answers, nor from ones that say about the same', () => {
    const reset = createBucketReset();
    expect(reset.ms()).toBeNull();
    for (let used = 1; used <= 7; used++) reset.heard(sample(used, used * TOKEN_MS));
    expect(reset.ms()).toBeNull();
    const same = createBucketReset();
    for (let turn = 0; turn < 50; turn++) same.heard(sample(40 + (turn % 5), (40 + (turn % 5)) * TOKEN_MS));
    expect(same.ms()).toBeNull();
  });

  it('is guessed roughly where few places are taken for long', () => {
    const reset = createBucketReset();
    const few = () => {
      for (let used = 1; used <= 9; used++) reset.heard(sample(used, Math.ceil((used * TOKEN_MS) / 1000) * 1000));
    };
    for (let turn = 0; turn < 20; turn++) few();
    expect(reset.ms()).toBeNull();
    for (let turn = 0; turn < 10; turn++) few();
    expect((reset.ms() as number) / (LIMIT * TOKEN_MS)).toBeGreaterThan(0.7);
    expect((reset.ms() as number) / (LIMIT * TOKEN_MS)).toBeLessThan(1.4);
  });

  it('is nothing where a reset stays or falls while places are taken, and begins anew', () => {
    const reset = createBucketReset();
    for (let used = 1; used <= 60; used++) reset.heard(sample(used, used * TOKEN_MS));
    reset.heard(sample(61, 5000));
    expect(reset.ms()).toBeNull();
    for (let used = 1; used <= 60; used++) reset.heard(sample(used, 60_000 - used * 500));
    expect(reset.ms()).toBeNull();
  });

  it('says nothing where nothing is taken, or no time is named', () => {
    const reset = createBucketReset();
    for (let turn = 0; turn < 50; turn++) {
      reset.heard(sample(0, 600));
      reset.heard(sample(5 + turn, 0));
    }
    expect(reset.ms()).toBeNull();
  });

  it('is not believed where places were taken for much longer than that', () => {
    const reset = createBucketReset();
    for (let used = 1; used <= 60; used++) reset.heard(sample(used, used * TOKEN_MS, { ageMs: 200_000 }));
    expect(reset.ms()).toBeNull();
  });
});
