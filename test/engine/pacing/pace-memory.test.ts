import { describe, expect, it } from 'vitest';
import { createPaceMemory, type PaceMemory } from '../../../src/engine/pacing/pace-memory.ts';
import type { ExecutorEvent } from '../../../src/engine/ports.ts';
import { createControl, createPipeline } from '../../../src/engine/sending/pipeline.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { http, ok, settings } from '../../support/engine/fake-world.ts';
import { type VirtualClock, virtualClock } from '../../support/engine/virtual-clock.ts';

/** One phase of a command: `answer` takes an answer, `next` returns when the next request leaves. */
function phase(clock: VirtualClock, memory: PaceMemory, rate: number | 'auto' | 'off', maxServerWait = 900_000) {
  const limits = settings({ rate, max_server_wait: maxServerWait });
  const stop = createStop();
  const events: ExecutorEvent[] = [];
  const ports = { clock, onEvent: (event: ExecutorEvent) => void events.push(event) };
  const control = createControl(limits);
  const pipeline = createPipeline({ ports, limits, control, stop, memory, othersAtWork: () => false });
  const next = async () => {
    const sent = pipeline.queue.send({
      operation: 'read',
      priority: 0,
      isWanted: () => true,
      isAllowedAfterStop: () => false,
      run: async (pass) => {
        pass.release();
        return clock.now();
      },
    });
    return clock.until(sent);
  };
  return { ...pipeline, stop, events, next };
}

describe('what the first phase of a command was asked for', () => {
  it.each(['auto', 'off', 10] as const)('holds the first request of the next one (--rate %s)', async (rate) => {
    const clock = virtualClock();
    const memory = createPaceMemory();
    const reading = phase(clock, memory, rate);
    await reading.next();
    reading.throttle.onResponse(ok(undefined, { retryAfter: '7' }), clock.now());
    reading.end();
    const sending = phase(clock, memory, rate);
    expect(sending.events).toMatchObject([{ event: 'run.paused', waitMs: 7000 }]);
    expect(await sending.next()).toBeGreaterThanOrEqual(7000);
    // Each phase counts its own share of the pause.
    expect(reading.measuredRate().paused_ms + sending.measuredRate().paused_ms).toBeGreaterThanOrEqual(7000);
    expect(sending.measuredRate().paused_ms).toBeLessThanOrEqual(7000);
  });

  it('stops the next one if it is a longer wait than the limit, unless that has become shorter meanwhile', async () => {
    const clock = virtualClock();
    const memory = createPaceMemory();
    const reading = phase(clock, memory, 'auto', 60_000);
    reading.throttle.onResponse(ok(undefined, { retryAfter: '90' }), clock.now());
    expect(reading.stop.asked()?.reason).toBe('server_wait');
    const sending = phase(clock, memory, 'auto', 60_000);
    expect(sending.stop.asked()).toMatchObject({ reason: 'server_wait' });
    expect(sending.stop.asked()?.detail).toContain('asks to wait 1m 30s, longer than --max-server-wait 1m');
    expect(await sending.next()).toBeNull();
    await clock.until(clock.sleep(40_000).done);
    const later = phase(clock, memory, 'auto', 60_000);
    expect(later.stop.asked()).toBeNull();
    expect(await later.next()).toBe(90_000);
  });

  it('spaces the first request of the next one', async () => {
    const clock = virtualClock();
    const memory = createPaceMemory();
    const last = (await phase(clock, memory, 'auto').next()) as number;
    const first = (await phase(clock, memory, 'auto').next()) as number;
    expect(first - last).toBeGreaterThanOrEqual(200);
  });

  it('counts the time of nothing but 429 over both', async () => {
    const clock = virtualClock();
    const memory = createPaceMemory();
    phase(clock, memory, 'auto', 60_000).throttle.onResponse(http(429, '10011', { retryAfter: '40' }), 0);
    await clock.until(clock.sleep(40_000).done);
    const sending = phase(clock, memory, 'auto', 60_000);
    sending.throttle.onResponse(http(429, '10011', { retryAfter: '40' }), clock.now());
    expect(sending.stop.asked()?.detail).toContain('nothing but 429 for 40s');
  });
});
