import type { RateControl, RateObservation } from '../../../src/core/rate/rate-control.ts';
import { createAgenda } from './agenda.ts';
import { createLimiter, type Decision, type ServerOptions } from './limiters.ts';

/** The rate headers of one response. */
type Headers = Pick<RateObservation, 'limit' | 'remaining' | 'resetMs' | 'resetRoundingMs'>;

/** Another client of the same limit, which sends evenly from one time to another. */
type Rival = { fromMs: number; toMs: number; perSecond: number };

export type SimulationOptions = {
  seed?: number;
  rival?: Rival;
  limitAt?: { at: number; limit: number }[];
  inFlight?: number;
  /** Nothing is sent between these two times. */
  idle?: [number, number];
  /** Changes what the headers say. */
  lie?: (headers: Headers, random: () => number) => Headers;
};

/** One request: when the server decided about it, how, and how much quota it left. */
export type Sent = { at: number; refused: boolean; free: number };

/** The result of a simulation; `rates` are those at which requests were sent. */
export type Simulation = { sent: Sent[]; rival: Sent[]; rates: number[] };

const CATCH_UP_MS = 20;
/** Waits are computed again this often. */
const RECOMPUTE_MS = 1000;

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `reset` as a client reads it. A time of day is taken relative to the `Date` of the response, which is cut off. */
function roundedReset(now: number, ms: number, whole: ServerOptions['whole']): number {
  if (whole === 'fraction') return ms;
  if (whole === 'time') return (Math.ceil((now + ms) / 1000) - Math.floor(now / 1000)) * 1000;
  return Math[whole](ms / 1000) * 1000;
}

/** Sends to a simulated server as the engine does: evenly, with a bound on requests in flight, and paused by a 429. */
export function simulate(
  control: RateControl,
  server: ServerOptions,
  forMs: number,
  options: SimulationOptions = {},
): Simulation {
  const random = chance(options.seed ?? 1);
  const limiter = createLimiter(server);
  const agenda = createAgenda();
  const { inFlight: most = 50, idle = [0, 0] } = options;
  const simulation: Simulation = { sent: [], rival: [], rates: [] };
  let limit = server.limit;
  let inFlight = 0;
  let pausedUntil = 0;
  let pausedSince = Number.NEGATIVE_INFINITY;
  let rounds = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  let wakeAt = Number.POSITIVE_INFINITY;

  function headersOf(now: number, decision: Decision): Headers {
    const { headers, whole, reset, counted } = server;
    const shown =
      headers === 'all' ||
      headers === 'limit-remaining' ||
      (headers === 'only-429' && !decision.allowed) ||
      (headers === 'some' && random() < 0.3);
    if (!shown) return { limit: null, remaining: null, resetMs: null, resetRoundingMs: 0 };
    const resetMs = roundedReset(now, decision.resetMs, whole);
    return {
      limit,
      remaining: decision.remaining + (counted === 'before' && decision.allowed ? 1 : 0),
      resetMs: reset === 'none' || headers === 'limit-remaining' ? null : Math.max(0, resetMs),
      resetRoundingMs: whole === 'time' ? 2000 : 0,
    };
  }

  function pause(now: number, ms: number): void {
    if (now + ms <= pausedUntil) return;
    if (pausedUntil < now) pausedSince = now;
    pausedUntil = now + ms;
  }

  function respond(now: number, sentAt: number, decision: Decision): void {
    inFlight -= 1;
    const honest = headersOf(now, decision);
    const seen = options.lie?.(honest, random) ?? honest;
    control.onResponse(now, { ...seen, throttled: !decision.allowed, sentAt });
    if (decision.allowed) {
      rounds = 0;
      if (seen.remaining === 0) pause(now, seen.resetMs ?? 1000);
    } else {
      if (rounds === 0 || sentAt >= pausedSince) rounds += 1;
      const own = (0.5 + random() / 2) * Math.min(60_000, 1000 * 2 ** (rounds - 1));
      pause(now, seen.resetMs !== null && seen.resetMs > 0 ? seen.resetMs : own);
    }
    attempt(now);
  }

  function send(now: number): void {
    inFlight += 1;
    control.onSent(now);
    const [least, greatest] = server.latency;
    const total = least + random() * (greatest - least);
    agenda.add(now + total * (0.2 + 0.6 * random()), (at) => {
      const isUnlucky = server.refuses > 0 && random() < server.refuses;
      const decision = isUnlucky ? { allowed: false, remaining: limit, resetMs: 0 } : limiter.take(at);
      simulation.sent.push({ at, refused: !decision.allowed, free: decision.remaining });
      agenda.add(now + total, (then) => respond(then, now, decision));
    });
  }

  function attempt(now: number): void {
    while (now < forMs && inFlight < most) {
      const rate = control.rate(now);
      const idleUntil = now >= idle[0] && now < idle[1] ? idle[1] : 0;
      const due = Math.max(pausedUntil, idleUntil, lastAt + 1000 / rate);
      if (due > now) {
        wake(Math.min(due, now + RECOMPUTE_MS));
        return;
      }
      // Makes up for a little lateness, but not for a pause.
      lastAt = Math.max(due, now - CATCH_UP_MS);
      simulation.rates.push(rate);
      send(now);
    }
  }

  function wake(at: number): void {
    if (at >= wakeAt) return;
    wakeAt = at;
    agenda.add(at, (now) => {
      if (now < wakeAt) return;
      wakeAt = Number.POSITIVE_INFINITY;
      attempt(now);
    });
  }

  const { rival } = options;
  const compete = (at: number): void => {
    if (rival === undefined || at >= Math.min(rival.toMs, forMs)) return;
    const { allowed, remaining } = limiter.take(at);
    simulation.rival.push({ at, refused: !allowed, free: remaining });
    agenda.add(at + (1000 / rival.perSecond) * (0.8 + 0.4 * random()), compete);
  };
  if (rival !== undefined) agenda.add(rival.fromMs, compete);
  for (const change of options.limitAt ?? []) {
    agenda.add(change.at, () => {
      limit = change.limit;
      limiter.setLimit(limit);
    });
  }
  agenda.add(0, attempt);
  agenda.run(forMs + 10_000);
  return simulation;
}

/** The number of allowed requests between two times. */
export function allowedIn(sent: readonly Sent[], from: number, to: number): number {
  return sent.filter(({ at, refused }) => !refused && at >= from && at < to).length;
}

/** The share of refused requests between two times. */
export function wasteIn(sent: readonly Sent[], from: number, to: number): number {
  const all = sent.filter(({ at }) => at >= from && at < to);
  return all.length === 0 ? 0 : all.filter(({ refused }) => refused).length / all.length;
}
