import { describe, expect, it } from 'vitest';
import type { ExecutorEvent } from '../../src/engine/ports.ts';
import { http, network, ok, world } from '../support/engine/fake-world.ts';

const lowered = (events: ExecutorEvent[]) =>
  events.flatMap((event) => (event.event === 'concurrency.lowered' ? [event] : []));

describe('a machine that allows no more open files', () => {
  it.each(['EMFILE', 'ENFILE'])('lowers the concurrency, costs no attempt and is no outage: %s', async (code) => {
    let inFlight = 0;
    let most = 0;
    const w = world(async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      const isRefused = inFlight > 7;
      await w.clock.sleep(200).done;
      inFlight -= 1;
      return isRefused ? network(code, false) : ok();
    });
    const { stop } = await w.run(300, { rate: 'off', concurrency: 40, max_attempts: 1 });
    expect(stop).toBeNull();
    const outcomes = [...w.outcomes().values()];
    expect(outcomes.length).toBe(300);
    expect(outcomes.every(({ status, attempts }) => status === 'updated' && attempts === 1)).toBe(true);
    expect(most).toBeGreaterThan(7);
    expect(w.events.some(({ event }) => event === 'run.paused')).toBe(false);
    const events = lowered(w.events);
    expect(events.map(({ to }) => to)).toEqual([20, 10, 5]);
    expect(events[0]?.why).toBe(
      `at most 20 requests at once: this machine allows no more open files (${code}): raise the limit with ulimit -n`,
    );
  });

  it('is waited for, and then the run stops and can be resumed', async () => {
    const w = world(() => network('EMFILE', false));
    const { stop } = await w.run(10, { rate: 50, outage_patience: 10_000 });
    expect(stop?.reason).toBe('open_files');
    expect(stop?.detail).toMatch(/EMFILE.*ulimit -n; waited for 10s \(--outage-patience\)$/);
    expect(w.clock.now()).toBeGreaterThan(10_000);
    expect(w.outcomes().size).toBe(0);
  });

  it('may refuse single requests for as long as others pass', async () => {
    const w = world((row, _before, now) => (row === 1 && now < 60_000 ? network('EMFILE', false) : http(422, '10015')));
    const { stop } = await w.run(500, { rate: 5, outage_patience: 10_000 });
    expect(stop).toBeNull();
    expect(w.outcomes().size).toBe(500);
  });
});
