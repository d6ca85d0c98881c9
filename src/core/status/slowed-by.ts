import type { ByOperator, SteeringSeen } from '../ledger/steered.ts';
import type { SlowedBy } from '../results/run-status.ts';
import { count } from '../text/text.ts';
import type { PaceNow } from './pace.ts';

type Facts = {
  /** Null while no session is at work. */
  pace: PaceNow | null;
  steering: Pick<SteeringSeen, 'paused' | 'list'>;
  /** --reserve, in percent. */
  reserve: number;
  /** Requests a second in the last seconds. */
  now: number;
  /** The time of day, in ms since 1970. */
  wall: number;
};

/** A measured rate that is nearly reached is reached. */
const REACHED = 0.9;
/** A rate that differs by less is the same. */
const SAME = 0.99;

const NOTHING: SlowedBy = { what: null, why: '' };

function limitText({ limit, windowMs }: NonNullable<PaceNow['serverLimit']>): string {
  return windowMs === null
    ? `${count(limit, 'request')} a window`
    : `${count(limit, 'request')} in ${Number((windowMs / 1000).toFixed(1))}s`;
}

/** Whether the server allows less than the setting, and why. */
function byServer({ allowed, serverLimit, set }: PaceNow, reserve: number): SlowedBy | null {
  if (allowed === null || (typeof set === 'number' && allowed >= SAME * set)) return null;
  if (serverLimit === null) return { what: 'server', why: 'it names no limit, so the rate follows its answers (429)' };
  const named = `its limit is ${limitText(serverLimit)}`;
  const perSecond = serverLimit.windowMs === null ? null : (serverLimit.limit / serverLimit.windowMs) * 1000;
  const kept = set === 'auto' ? reserve : 0;
  if (perSecond === null || allowed < REACHED * perSecond * (1 - kept / 100)) {
    return { what: 'server', why: `${named}; others use a part of it, or the rate still rises` };
  }
  return kept > 0
    ? { what: 'reserve', why: `${kept}% of the limit stay free; ${named}` }
    : { what: 'server', why: named };
}

/** Whether an operator has set the rate or the concurrency that holds now. */
function bySetting(what: 'rate' | 'concurrency', value: string, { list }: Facts['steering']): ByOperator | null {
  const last = list.findLast(({ command }) => command === what);
  return last?.to === value ? last : null;
}

/** Which of the places for requests in flight are too few. */
function byPlaces({ inFlight, files, concurrency }: PaceNow, steering: Facts['steering']): SlowedBy | null {
  if (inFlight < Math.min(files, concurrency)) return null;
  if (files < concurrency) {
    const why = `this machine lets ${count(files, 'request')} be open at once: raise the limit with ulimit -n`;
    return { what: 'files', why };
  }
  const waiting = `${count(inFlight, 'request')} at once, all waiting for answers`;
  const operator = bySetting('concurrency', String(concurrency), steering);
  if (operator === null) return { what: 'concurrency', why: waiting };
  return { what: 'operator', why: `concurrency ${concurrency} by ${operator.by}: ${waiting}` };
}

/** What keeps a run from sending faster: who stops it at all, or which of its limits it has reached. */
export function slowedBy({ pace, steering, reserve, now, wall }: Facts): SlowedBy {
  if (steering.paused !== null) return { what: 'operator', why: `paused by ${steering.paused.by}` };
  if (pace === null) return NOTHING;
  const until = (inMs: number) => new Date(wall + inMs).toISOString();
  const { outage, pausedMs, pausedWhy, allowed, set } = pace;
  if (outage !== null) return { what: 'outage', why: `it looks down: ${outage.why}`, until: until(outage.probeInMs) };
  if (pausedMs > 0) return { what: 'server', why: pausedWhy, until: until(pausedMs) };
  const places = allowed === null || now < REACHED * allowed ? byPlaces(pace, steering) : null;
  const slower = places ?? byServer(pace, reserve);
  if (slower !== null) return slower;
  const operator = bySetting('rate', String(set), steering);
  return operator === null ? NOTHING : { what: 'operator', why: `rate ${set} by ${operator.by}` };
}
