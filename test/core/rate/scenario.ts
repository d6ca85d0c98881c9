import { createRateControl, type RateControl } from '../../../src/core/rate/rate-control.ts';
import type { ServerOptions } from './limiters.ts';
import { allowedIn, type Sent, type Simulation, type SimulationOptions, simulate } from './simulate.ts';

export const MINUTE = 60_000;
export const KINDS = ['aligned', 'first', 'sliding', 'bucket'] as const;
export const WINDOWS = ['aligned', 'first', 'sliding'] as const;
export const LIMITS = [20, 100, 600];

/** The documented meaning of `reset` that fits each kind of limiter. */
export const PLAIN_RESET = { aligned: 'end', first: 'end', sliding: 'next', bucket: 'full' } as const;

export const SERVER: ServerOptions = {
  kind: 'sliding',
  limit: 100,
  windowMs: MINUTE,
  reset: 'next',
  whole: 'ceil',
  counted: 'after',
  headers: 'all',
  latency: [20, 200],
  phaseMs: 17_000,
  refuses: 0,
};

/** The control of `--rate auto`. */
export function auto(reserve = 20): RateControl {
  return createRateControl({ cap: null, reserve, startPerSecond: 5 });
}

/** The control of `--rate N`. */
export function fixed(cap: number): RateControl {
  return createRateControl({ cap, reserve: 0, startPerSecond: cap });
}

/** Runs `--rate auto`, or another control, against a server that differs from `SERVER` in some options. */
export function run(
  server: Partial<ServerOptions>,
  minutes: number,
  options: SimulationOptions = {},
  control = auto(),
): Simulation {
  return simulate(control, { ...SERVER, ...server }, minutes * MINUTE, options);
}

/** The mean number of allowed requests a minute. */
export function aMinute(sent: readonly Sent[], from: number, to: number): number {
  return allowedIn(sent, from * MINUTE, to * MINUTE) / (to - from);
}

export function refusals(sent: readonly Sent[]): number {
  return sent.filter(({ refused }) => refused).length;
}

/** The least quota that the server had left after one of our requests between two times (minutes). */
export function leastFree(sent: readonly Sent[], from: number, to: number): number {
  return Math.min(...sent.filter(({ at }) => at >= from * MINUTE && at < to * MINUTE).map(({ free }) => free));
}
