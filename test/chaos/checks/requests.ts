import { mostInWindow } from '../../support/engine/most-in-window.ts';
import { changesOf } from '../server/rows.ts';
import type { Seen } from '../server/server.ts';
import type { Session, Trial } from '../trial/session.ts';
import type { Blame } from './violations.ts';

/**
 * Reads by what they are for: for a plan, to find what others have changed before rows are sent, and to see what has
 * become of a row that was in flight.
 */
type Reads = { plan: number; drift: number; back: number };

/**
 * What the requests of a trial come to. `doubted` are writes whose answers told nothing; `most` is the greatest number in
 * any second of one session.
 */
export type Pipeline = {
  requests: number;
  reads: Reads;
  resent: number;
  openAtKills: number;
  doubted: number;
  most: number;
  lateMs: number;
};

/**
 * Tells the reads of the account from those of rows that have been written and not heard of: by what the ledger said when
 * the session began, and by its own writes. Calls back for each request with it.
 */
function eachRequest(
  { before }: Session,
  seen: readonly Seen[],
  callback: (request: Seen, purpose: 'write' | 'back' | 'account') => void,
): void {
  const inFlight = new Set(before.open);
  for (const request of seen) {
    const { what, row } = request;
    if (what === 'write') inFlight.add(row);
    callback(request, what === 'write' ? 'write' : what === 'read' && inFlight.has(row) ? 'back' : 'account');
  }
}

/**
 * Checks one session against what the ledger said when it began: only rows without an outcome, each only once unless it
 * is read in between, and no reading of the account where there is none to be, or after the sending has begun.
 */
function checkSession(trial: Trial, session: Session, number: number, reads: Reads, blame: Blame): void {
  const last = new Map<number, Seen['what']>();
  let sending = false;
  eachRequest(session, trial.server.seen().slice(session.from, session.to), ({ what, row }, purpose) => {
    const name = `session ${number}: ${what}${row === 0 ? '' : ` of row ${row}`}`;
    if (purpose === 'account') {
      reads[session.planned ? 'plan' : 'drift'] += 1;
      if (!trial.online) blame('other', `${name}, although it is offline`);
      if (sending) blame('other', `${name}, for no row in flight, and the sending has begun`);
    } else sending = true;
    if (purpose === 'back') reads.back += 1;
    if (what === 'list') return;
    if (last.get(row) === what) blame('duplicate', `${name}, twice running in one session`);
    last.set(row, what);
    if (session.before.outcomes.has(row)) blame('duplicate', `${name}, which had its outcome`);
  });
}

/** Rows that are sent again must have been read since they were sent last. Gives how many were. */
function checkResent(trial: Trial, blame: Blame): number {
  const sentIn = new Map<number, number>();
  const readSince = new Set<number>();
  let resent = 0;
  trial.sessions.forEach(({ from, to }, number) => {
    for (const { what, row } of trial.server.seen().slice(from, to)) {
      if (what === 'read') readSince.add(row);
      if (what !== 'write') continue;
      const earlier = sentIn.get(row);
      if (earlier !== undefined) resent += 1;
      if (earlier !== undefined && !readSince.has(row)) {
        blame('duplicate', `row ${row} was sent in session ${earlier} and again in ${number}, with no read between`);
      }
      sentIn.set(row, number);
      readSince.delete(row);
    }
  });
  return resent;
}

/**
 * Every row that is to be sent was, and no other; one that somebody else has edited not after that. A row whose number has
 * from the start what it wants need not be, where it is read first.
 */
function checkSent(trial: Trial, blame: Blame): void {
  const read = new Set(trial.server.seen().flatMap(({ what, row }) => (what === 'read' ? [row] : [])));
  const sent = new Map<number, number>();
  trial.server.seen().forEach(({ what, row }, at) => {
    if (what === 'write') sent.set(row, at);
  });
  for (const { row, action, fate } of trial.rows) {
    const isThere = fate === 'there' && read.has(row);
    const edit = trial.edits.get(row);
    const at = sent.get(row);
    if (edit !== undefined) {
      if (at !== undefined && at >= edit.since) blame('wrong', `row ${row} was sent after somebody else's edit`);
    } else if (action === 'change' && at === undefined && !isThere) blame('loss', `row ${row} was never sent`);
    else if (action !== 'change' && at !== undefined) blame('wrong', `row ${row} was sent, and it is ${action}`);
  }
}

/** No request comes too early. Gives the most in a second, and how late the server's clock was. */
function checkPace({ server, sessions, rate }: Trial, blame: Blame): { most: number; lateMs: number } {
  let most = 0;
  let late = 0;
  sessions.forEach(({ from, to, lateMs }, number) => {
    const times = server
      .seen()
      .slice(from, to)
      .map(({ at }) => at);
    most = Math.max(most, mostInWindow(times, 1000));
    // A request that was noted late may stand in a window in which it did not come.
    const windowMs = 1000 - lateMs;
    const sure = mostInWindow(times, windowMs);
    if (sure > rate) blame('rate', `session ${number}: ${sure} requests in ${windowMs.toFixed(1)} ms, limit ${rate}/s`);
    late = Math.max(late, lateMs);
  });
  return { most, lateMs: late };
}

/**
 * Checks all requests of a trial that has ended: nothing sent twice unseen, nothing read back but rows in flight at the
 * kills and writes in doubt, no more writes than rows and those, and none too early.
 */
export function checkTraffic(trial: Trial, blame: Blame): Pipeline {
  const { server, sessions } = trial;
  const seen = server.seen();
  const reads: Reads = { plan: 0, drift: 0, back: 0 };
  sessions.forEach((session, number) => {
    checkSession(trial, session, number, reads, blame);
  });
  const resent = checkResent(trial, blame);
  checkSent(trial, blame);
  const openAtKills = sessions.reduce((sum, { before }) => sum + before.open.size, 0);
  const doubted = server.doubted().length;
  const inDoubt = `${openAtKills} rows in flight at kills and ${doubted} writes in doubt`;
  if (reads.back > openAtKills + doubted) blame('other', `${reads.back} rows read back for ${inDoubt}`);
  if (resent > openAtKills + doubted) blame('other', `${resent} rows sent again for ${inDoubt}`);
  const change = changesOf(trial.rows).length;
  const extra = seen.length - reads.plan - reads.drift - change;
  if (extra > reads.back + openAtKills + doubted) {
    blame('other', `${extra} requests beyond one a row, for ${reads.back} rows read back, ${inDoubt}`);
  }
  for (const what of server.strange()) blame('other', `a request that no run should send: ${what}`);
  return { requests: seen.length, reads, resent, openAtKills, doubted, ...checkPace(trial, blame) };
}
