import type { RateSeen } from '../core/ledger-entry.ts';
import { concurrencyOf } from '../core/resolve-settings.ts';
import type { Settings } from '../core/settings.ts';
import { createBreaker } from './breaker.ts';
import type { Shared } from './converse.ts';
import { createKeyCheck } from './key-check.ts';
import { createLanes } from './lanes.ts';
import { createPacer } from './pacer.ts';
import type { Ports, Stop } from './ports.ts';
import { createThrottle } from './throttle.ts';

/** The settings of how fast requests may be, and how often one is tried. */
export type TrafficLimits = Pick<
  Settings,
  'rate' | 'concurrency' | 'max_attempts' | 'retry_base' | 'retry_max' | 'max_server_wait' | 'outage_patience'
>;

/** All requests of a command under one rate, with what they share, and what they came to. */
export type Traffic = Shared & { rateSeen: () => RateSeen; end: () => void };

/** `othersAtWork(waiting)`: whether anybody beside so many that wait for a verdict may still send. */
export function createTraffic(
  ports: Pick<Ports, 'clock' | 'tell'>,
  limits: TrafficLimits,
  stop: Stop,
  othersAtWork: (waiting: number) => boolean,
): Traffic {
  const pacer = createPacer(limits.rate, ports.clock, stop);
  const concurrency = concurrencyOf(limits);
  const waits = {
    retryBaseMs: limits.retry_base,
    retryMaxMs: limits.retry_max,
    maxServerWaitMs: limits.max_server_wait,
  };
  const breaker = createBreaker(ports, stop, { concurrency, patienceMs: limits.outage_patience, othersAtWork });
  const throttle = createThrottle(ports, pacer, stop, waits);
  return {
    clock: ports.clock,
    stop,
    lanes: createLanes(concurrency, pacer, breaker),
    throttle,
    keyCheck: createKeyCheck(ports, pacer, stop),
    breaker,
    limits: { maxAttempts: limits.max_attempts, patienceMs: limits.outage_patience, ...waits },
    requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 },
    pausedForMs: () => Math.max(0, pacer.pausedUntil() - ports.clock.now()),
    answered: 0,
    rateSeen: () => {
      const { requests: _, ...rate } = pacer.seen();
      return rate;
    },
    // A pause that the last answer asked for would keep the process alive, for as long as --max-server-wait.
    end: throttle.end,
  };
}
