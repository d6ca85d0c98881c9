import type { Answer } from '../../core/api/response.ts';
import type { PaceNow } from '../../core/status/pace.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { createWaitingList } from '../pacing/waiting-list.ts';
import type { Operation, Ports } from '../ports.ts';
import type { Stop } from '../stop.ts';
import type { Outage } from './outage-detector.ts';

const FIRST_PROBE_MS = 1000;
const MAX_PROBE_INTERVAL_MS = 30_000;

/**
 * Stops sending for all rows while the API is down, and probes until it answers:
 *
 *               outage             interval over
 *     closed ----------> open ----------------------> half-open
 *       ^                 ^                             |   |
 *       |                 '-- probe fails, interval * 2 '   |
 *       '------------------------ answer -------------------'
 *
 * Open and half-open have a scope. With `all`, both operations wait and either may probe. With `writes`, reads pass and
 * only writes probe: an answered read narrows `all` to `writes` if writes have failed, a failed read widens it again.
 * When the patience is over, the run stops.
 *
 * cockatiel and opossum do not fit: they reject calls instead of letting them wait, and know neither an outage of
 * writes alone nor attempts that are refunded.
 */
type BreakerState = { name: 'closed' } | OpenState;
type OpenState = {
  name: 'open' | 'half-open';
  scope: Outage['scope'];
  writesFailed: boolean;
  reason: string;
  since: number;
  intervalMs: number;
  nextProbeAt: number;
};

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>;

function stateOf({ scope, writesFailed, failures }: Outage, answer: Answer) {
  const streak = `${failures} ${scope === 'all' ? 'attempts' : 'writes'} in a row`;
  const last = answer.kind === 'network' ? answer.code : `HTTP ${answer.status}`;
  const reason = `${streak} ended with a 5xx or without an answer, the last one with ${last}`;
  return { scope, writesFailed, reason };
}

function outageOf({ reason, nextProbeAt }: OpenState, now: number): NonNullable<PaceNow['outage']> {
  return { why: reason, probeInMs: Math.max(0, Math.round(nextProbeAt - now)) };
}

type BreakerPorts = Pick<Ports, 'clock' | 'onEvent'>;

export function createCircuitBreaker({ clock, onEvent }: BreakerPorts, stop: Stop, patienceMs: number) {
  let state: BreakerState = { name: 'closed' };
  let pausedMs = 0;
  const waiting = createWaitingList(clock);
  stop.onAsked(waiting.wake);

  const passes = (operation: Operation) =>
    state.name === 'closed' || (operation === 'read' && state.scope === 'writes');

  /** Waits for the next probe, the last of which is at the end of the patience, or stops the run. */
  function open(was: Omit<OpenState, 'name' | 'nextProbeAt'>): void {
    const now = clock.now();
    const waitMs = Math.max(0, Math.min(was.intervalMs, was.since + patienceMs - now));
    const intervalMs = Math.min(MAX_PROBE_INTERVAL_MS, was.intervalMs * 2);
    state = { ...was, name: 'open', nextProbeAt: now + waitMs, intervalMs };
    if (waitMs > 0) onEvent({ event: 'run.paused', waitMs, why: `the API looks down: ${was.reason}` });
    else stop.ask('outage', `${was.reason}; probed for ${formatDuration(patienceMs)} (--outage-patience)`);
  }

  return {
    isClosed: () => state.name === 'closed',
    /** `answer`: the last of the failures that are the outage. */
    trip(outage: Outage, answer: Answer): void {
      open({ ...stateOf(outage, answer), since: clock.now(), intervalMs: FIRST_PROBE_MS });
    },
    /** A request failed while it was not closed. */
    onFailure(operation: Operation): void {
      if (state.name === 'closed') return;
      if (operation === 'write') state.writesFailed = true;
      else state.scope = 'all';
    },
    /** A request that was admitted at `admittedAt` was answered while it was not closed. Returns whether it closes. */
    onAnswer(operation: Operation, admittedAt: number): boolean {
      // Requests that were in flight when sending was stopped show how the API was before.
      if (state.name === 'closed' || admittedAt < state.since) return false;
      const closes = operation === 'write' || !state.writesFailed;
      if (closes) {
        pausedMs += clock.now() - state.since;
        state = { name: 'closed' };
        onEvent({ event: 'run.resumed' });
      } else if (state.scope === 'all') {
        // The next write probes at once.
        state = { ...state, name: 'half-open', scope: 'writes' };
      } else return false;
      waiting.wake();
      return closes;
    },
    /** An operator's pause has ended: the patience begins again, because nothing could be probed. */
    onOperatorResumed(): void {
      if (state.name === 'closed') return;
      pausedMs += clock.now() - state.since;
      state = { ...state, since: clock.now() };
    },
    /** Waits while sending is stopped. Null if the run is to stop, or if `mayGo` returns false. */
    async enter(operation: Operation, mayGo = () => stop.asked() === null): Promise<'pass' | 'probe' | null> {
      while (state.name === 'open' && !passes(operation) && stop.asked() === null) {
        const waitMs = state.nextProbeAt - clock.now();
        if (waitMs > 0) await waiting.wait(waitMs);
        else state = { ...state, name: 'half-open' };
      }
      if (passes(operation)) return mayGo() ? 'pass' : null;
      return stop.asked() === null ? 'probe' : null;
    },
    /** Must follow every probe that was sent, before anything else is sent. */
    onProbeEnd(operation: Operation): void {
      if (state.name === 'half-open' && (operation === 'write' || state.scope === 'all')) open(state);
    },
    /** Why sending is stopped, and when the API is probed next; null if it is not. */
    outage: () => (state.name === 'closed' ? null : outageOf(state, clock.now())),
    /** How long sending has been stopped so far. */
    pausedMs: () => pausedMs + (state.name === 'closed' ? 0 : clock.now() - state.since),
  };
}
