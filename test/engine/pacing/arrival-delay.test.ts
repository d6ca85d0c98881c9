import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArrivalDelay, UNKNOWN_DELAY_MS, USUAL_DELAY_MS } from '../../../src/engine/pacing/arrival-delay.ts';

/** The delays that are estimated from a series of answer times. */
function delays(answers: readonly number[]): number[] {
  const estimate = createArrivalDelay();
  return answers.map((ms) => estimate(ms));
}

const repeat = (ms: number, times: number) => Array<number>(times).fill(ms);

describe('the arrival delay', () => {
  it('is at most the time to its answer, behind a quick server', () => {
    expect(delays(repeat(1, 100)).at(-1)).toBe(1);
    expect(delays([...repeat(1, 100), 40]).at(-1)).toBe(40);
    expect(delays([...repeat(1, 100), 500]).at(-1)).toBe(60);
  });

  it('is by how much an answer takes longer than usual, behind a slow and steady server', () => {
    expect(delays(repeat(100, 100)).at(-1)).toBe(USUAL_DELAY_MS);
    expect(delays([...repeat(100, 100), 130]).at(-1)).toBeCloseTo(30, 0);
  });

  it('is assumed if answer times vary by themselves', () => {
    const varied = Array.from({ length: 200 }, (_, n) => 50 + ((n * 37) % 300));
    expect(
      delays(varied)
        .slice(-100)
        .every((ms) => ms === UNKNOWN_DELAY_MS),
    ).toBe(true);
  });

  it('follows a server that becomes slower', () => {
    expect(delays([...repeat(1, 100), ...repeat(80, 1000)]).at(-1)).toBe(USUAL_DELAY_MS);
  });

  it('costs no more on average than the mean rate can bear, whatever the server does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 300, maxLength: 400 }), (answers) => {
        const all = delays(answers);
        for (const ms of all) expect(ms).toBeLessThanOrEqual(60);
        const mean = all.reduce((sum, ms) => sum + ms, 0) / all.length;
        expect(mean).toBeLessThan(9);
      }),
    );
  });
});
