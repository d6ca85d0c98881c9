import { mostInWindow } from '../engine/most-in-window.ts';
import type { Blame } from './faults.ts';
import type { Seen } from './server.ts';
import type { Session, Trial } from './session.ts';

/** What the requests of a trial come to. `most` is the greatest number in any second of one session. */
export type Traffic = {
  requests: number;
  reads: number;
  resent: number;
  openAtKills: number;
  most: number;
  lateMs: number;
};

/** Checks one session against what the ledger said when it began: only rows without an outcome, each only once. */
function checkSession({ before }: Session, number: number, seen: readonly Seen[], blame: Blame): void {
  const asked = new Set<string>();
  for (const { method, row } of seen) {
    const what = `session ${number}: ${method} of row ${row}`;
    if (asked.has(`${method} ${row}`)) blame('duplicate', `${what}, twice in one session`);
    asked.add(`${method} ${row}`);
    if (before.outcomes.has(row)) blame('duplicate', `${what}, which had its outcome`);
    else if (method === 'GET' && !before.open.has(row)) blame('other', `${what}, which no earlier session had open`);
  }
}

/** Rows that are sent again in a later session must have been read since they were sent last. Gives how many were. */
function checkResent(trial: Trial, blame: Blame): number {
  const seen = trial.server.seen();
  const sentIn = new Map<number, number>();
  const readSince = new Set<number>();
  let resent = 0;
  trial.sessions.forEach(({ from, to }, number) => {
    for (const { method, row } of seen.slice(from, to)) {
      if (method === 'GET') readSince.add(row);
      else {
        const earlier = sentIn.get(row);
        if (earlier !== undefined) resent += 1;
        if (earlier !== undefined && earlier !== number && !readSince.has(row)) {
          blame('duplicate', `row ${row} was sent in session ${earlier} and again in ${number}, with no read between`);
        }
        sentIn.set(row, number);
        readSince.delete(row);
      }
    }
  });
  return resent;
}

/**
 * Checks all requests of a trial that has ended: nothing sent twice unseen, no more of them than rows, reads and rows in
 * flight at the kills, and none too early.
 */
export function checkTraffic(trial: Trial, blame: Blame): Traffic {
  const { server, sessions, rate } = trial;
  const seen = server.seen();
  const change = trial.rows.filter(({ action }) => action === 'change');
  let most = 0;
  let late = 0;
  sessions.forEach((session, number) => {
    const part = seen.slice(session.from, session.to);
    checkSession(session, number, part, blame);
    const times = part.map(({ at }) => at);
    most = Math.max(most, mostInWindow(times, 1000));
    // A request that was noted late may stand in a window in which it did not come.
    const windowMs = 1000 - session.lateMs;
    const sure = mostInWindow(times, windowMs);
    if (sure > rate) blame('rate', `session ${number}: ${sure} requests in ${windowMs.toFixed(1)} ms, limit ${rate}/s`);
    late = Math.max(late, session.lateMs);
  });
  const resent = checkResent(trial, blame);
  const sent = new Set(seen.filter(({ method }) => method === 'PATCH').map(({ row }) => row));
  for (const { row } of change) if (!sent.has(row)) blame('loss', `row ${row} was never sent`);
  const reads = seen.filter(({ method }) => method === 'GET').length;
  const openAtKills = sessions.reduce((sum, { before }) => sum + before.open.size, 0);
  if (seen.length - change.length > reads + openAtKills) {
    blame(
      'other',
      `${seen.length} requests for ${change.length} rows, ${reads} reads and ${openAtKills} rows in flight`,
    );
  }
  for (const what of server.strange()) blame('other', `a request that no run should send: ${what}`);
  return { requests: seen.length, reads, resent, openAtKills, most, lateMs: late };
}
