import { sumAnswers } from './answer-counts.ts';
import type { LedgerEntry, RateSeen, RequestCounts } from './entry.ts';

/** Request counts and their rate. */
type Pace = { requests: RequestCounts; rate: RateSeen };

/** The sessions in a ledger, one after another. */
export type Sessions = {
  count: number;
  firstAt: string | null;
  /** The sum of the sessions that ended. */
  ended: Pace;
  /** The last counts of the last session; null if it ended. */
  open: Pace | null;
};

const NOTHING: Pace = {
  requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 },
  rate: { mean_per_s: 0, max_in_1s: 0, max_in_60s: 0, paused_ms: 0, throttled_ms: 0, allowed: 0, server_limit: null },
};

export function noSessions(): Sessions {
  return { count: 0, firstAt: null, ended: NOTHING, open: null };
}

/** For how many seconds requests were sent. */
export function secondsOf({ requests, rate }: { requests: { total: number }; rate: { mean_per_s: number } }): number {
  return rate.mean_per_s === 0 ? 0 : requests.total / rate.mean_per_s;
}

function together(a: Pace, b: Pace): Pace {
  const total = a.requests.total + b.requests.total;
  const orders = (a.requests.orders ?? 0) + (b.requests.orders ?? 0);
  const answers = sumAnswers(a.requests.answers, b.requests.answers);
  // The mean over several sessions: all their requests in all the time that they were sending.
  const seconds = secondsOf(a) + secondsOf(b);
  return {
    requests: {
      total,
      writes: a.requests.writes + b.requests.writes,
      reads: a.requests.reads + b.requests.reads,
      retries: a.requests.retries + b.requests.retries,
      rate_limited: a.requests.rate_limited + b.requests.rate_limited,
      ...(orders > 0 ? { orders } : {}),
      ...(Object.keys(answers).length > 0 ? { answers } : {}),
    },
    rate: {
      mean_per_s: seconds === 0 ? 0 : total / seconds,
      max_in_1s: Math.max(a.rate.max_in_1s, b.rate.max_in_1s),
      max_in_60s: Math.max(a.rate.max_in_60s, b.rate.max_in_60s),
      paused_ms: a.rate.paused_ms + b.rate.paused_ms,
      throttled_ms: a.rate.throttled_ms + b.rate.throttled_ms,
      allowed: a.rate.allowed === null || b.rate.allowed === null ? null : a.rate.allowed + b.rate.allowed,
      server_limit: b.rate.server_limit ?? a.rate.server_limit,
    },
  };
}

/** The counts of an entry. Fields that an older version did not write are 0. */
function paceIn({ requests, rate }: Pace): Pace {
  return { requests, rate: { ...NOTHING.rate, ...rate } };
}

/** Adds a ledger entry. Entries about rows change nothing. */
export function addSession(sessions: Sessions, entry: LedgerEntry): void {
  switch (entry.type) {
    case 'session_started':
      sessions.ended = paceOf(sessions);
      sessions.open = null;
      sessions.count += 1;
      sessions.firstAt ??= entry.at;
      return;
    case 'session_seen':
      sessions.open = paceIn(entry);
      return;
    case 'session_ended':
      sessions.ended = together(sessions.ended, paceIn(entry));
      sessions.open = null;
  }
}

/** All sessions together. The counts of a killed session are at most one second old. */
export function paceOf({ ended, open }: Sessions): Pace {
  return open === null ? ended : together(ended, open);
}
