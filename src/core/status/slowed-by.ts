import type { SlowedBy } from '../results/run-status.ts';
import type { Settings } from '../settings/schema.ts';
import { count } from '../text/text.ts';
import type { PaceNow } from './pace.ts';

type Facts = {
  settings: Pick<Settings, 'rate' | 'reserve'>;
  /** Requests a second in the last seconds. */
  now: number;
  /** The time of day, in ms since 1970. */
  wall: number;
};

/** A rate that is nearly reached is reached: it is measured over a few seconds. */
const REACHED = 0.9;
/** Of what setting and server allow together, this much is as good as all. */
const SAME = 0.99;

function limitText({ limit, windowMs }: NonNullable<PaceNow['serverLimit']>): string {
  return windowMs === null
    ? `${count(limit, 'request')} a window`
    : `${count(limit, 'request')} in ${Number((windowMs / 1000).toFixed(1))}s`;
}

/** What the server allows if that is less than the setting. */
function byServer({ allowed, serverLimit }: PaceNow, { rate, reserve }: Facts['settings']): SlowedBy | null {
  if (allowed === null || (typeof rate === 'number' && allowed >= SAME * rate)) return null;
  if (serverLimit === null) {
    return { what: 'server', why: 'the rate follows its 429 answers, because it names no limit' };
  }
  const named = `its limit is ${limitText(serverLimit)}`;
  if (rate === 'auto' && serverLimit.windowMs !== null) {
    const perSecond = (serverLimit.limit / serverLimit.windowMs) * 1000;
    if (allowed >= REACHED * perSecond * (1 - reserve / 100)) {
      return { what: 'reserve', why: `--reserve ${reserve}% of the server's limit stays free: ${named}` };
    }
  }
  return { what: 'server', why: `${named}, and what others have used of it is not free` };
}

/** Who or what keeps a run from sending faster, the strongest first. `pace` is null while no session is at work. */
export function slowedBy(pace: PaceNow | null, { settings, now, wall }: Facts): SlowedBy {
  if (pace === null) return { what: null, why: '' };
  const time = (inMs: number) => new Date(wall + inMs).toISOString();
  const { outage, pausedMs, inFlight, concurrency, files, allowed } = pace;
  if (outage !== null) return { what: 'outage', why: outage.why, until: time(outage.probeInMs) };
  if (pausedMs > 0) return { what: 'server', why: 'it asks to wait (429)', until: time(pausedMs) };
  const isBelow = allowed === null || now < REACHED * allowed;
  if (isBelow && files < concurrency && inFlight >= files) {
    return { what: 'files', why: `this machine has files for ${count(files, 'request')} at once: see ulimit -n` };
  }
  if (isBelow && inFlight >= concurrency) {
    return { what: 'concurrency', why: `--concurrency ${concurrency}: as many requests wait for their answers` };
  }
  return byServer(pace, settings) ?? { what: null, why: '' };
}
