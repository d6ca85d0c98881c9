import { describe, expect, it } from 'vitest';
import { http, ok, world } from '../../support/engine/fake-world.ts';

const HOUR = 3_600_000;

/** A run with backoffs, a 429, a confirmed 401 and an outage, in which the system clock is set several times. */
async function run(step: number) {
  const w = world((row, before, now) => {
    if (now > 30_000 && now < 75_000) return http(503);
    if (row === 20 && before === 0) return http(429, '', { retryAfter: '3' });
    if (row === 30 && before === 0) return http(401, '10009');
    return row % 7 === 0 && before < 2 ? http(425) : ok();
  });
  for (const at of [1500, 4000, 7000, 40_000]) w.clock.at(at, () => w.clock.stepWall(step));
  for (const at of [5000, 33_000, 50_000]) w.clock.at(at, () => w.clock.stepWall(-step));
  const execution = await w.run(400, { rate: 10, outage_patience: 60_000 });
  return { w, execution };
}

describe('a step of the system clock', () => {
  it.each([
    ['an hour forward', HOUR],
    ['an hour back', -HOUR],
    ['a year back', -8760 * HOUR],
  ])('of %s changes neither the rate nor backoffs, pauses and the breaker', async (_, step) => {
    const steady = await run(0);
    const stepped = await run(step);
    expect(stepped.w.sent).toEqual(steady.w.sent);
    expect(stepped.execution).toEqual(steady.execution);
    expect(stepped.w.events.filter(({ event }) => event.startsWith('run.'))).toEqual(
      steady.w.events.filter(({ event }) => event.startsWith('run.')),
    );
    expect(steady.w.events.filter(({ event }) => event === 'run.paused').length).toBeGreaterThan(5);
    const spent = ({ w }: typeof steady) =>
      [...w.outcomes()].map(([row, { durationMs, attempts }]) => [row, durationMs, attempts]);
    expect(spent(stepped)).toEqual(spent(steady));
    // The recorded times are those of the system clock.
    expect(stepped.w.ledger).not.toEqual(steady.w.ledger);
  });

  it('does not change how long the outage patience is', async () => {
    const w = world(() => http(503));
    w.clock.at(10_000, () => w.clock.stepWall(HOUR));
    const execution = await w.run(50, { rate: 10, concurrency: 10, outage_patience: 60_000 });
    expect(execution.stop?.reason).toBe('outage');
    expect(w.clock.now()).toBeGreaterThan(60_000);
    expect(w.clock.now()).toBeLessThan(62_000);
  });
});
