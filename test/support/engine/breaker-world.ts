import type { Answer } from '../../../src/core/api/response.ts';
import { createCircuitBreaker } from '../../../src/engine/outage/circuit-breaker.ts';
import { createOutageWatch } from '../../../src/engine/outage/outage-watch.ts';
import type { ExecutorEvent, Operation } from '../../../src/engine/ports.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { http } from './fake-world.ts';
import { virtualClock } from './virtual-clock.ts';

/**
 * A breaker, and the watch that opens and closes it. `send` sends a request that ends with this answer, `end` ends one
 * that was sent before. `world.others`: whether other rows are at work.
 */
export function breakerWorld({ patienceMs = 300_000 } = {}) {
  const clock = virtualClock();
  const stop = createStop();
  const events: ExecutorEvent[] = [];
  const refunded: number[] = [];
  const world = { others: true, askedFor: [] as number[] };
  const othersAtWork = (waiting: number) => {
    world.askedFor.push(waiting);
    return world.others;
  };
  const onEvent = (event: ExecutorEvent) => void events.push(event);
  const gate = createCircuitBreaker({ clock, onEvent }, stop, patienceMs);
  const breaker = { ...gate, ...createOutageWatch({ clock, stop, breaker: gate, othersAtWork }) };
  const end = (row: number, answer: Answer, operation: Operation = 'write') => {
    const refundAttempt = () => void refunded.push(row);
    breaker.onResponse({ row, operation, admittedAt: clock.now(), refundAttempt }, answer);
  };
  const send: typeof end = (...given) => {
    breaker.onSent();
    end(...given);
  };
  const isOpen = () => events.some(({ event }) => event === 'run.paused');
  return { clock, stop, events, refunded, world, breaker, end, send, isOpen };
}

export type BreakerWorld = ReturnType<typeof breakerWorld>;

/** Attempts of three rows in turn that all end with 503. */
export function fail({ send }: BreakerWorld, times: number): void {
  for (let n = 0; n < times; n++) send(1 + (n % 3), http(503));
}

/** Lets a probe through that ends at once with `answer`; returns when it was sent. */
export async function probe({ clock, breaker, send }: BreakerWorld, answer: Answer): Promise<number | null> {
  const entered = await clock.until(breaker.enter('write'));
  if (entered === null) return null;
  if (entered !== 'probe') throw new Error(`expected a probe, got ${entered}`);
  const at = clock.now();
  send(99, answer);
  breaker.onProbeEnd('write');
  return at;
}
