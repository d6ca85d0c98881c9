import { mostInWindow } from '../../support/engine/most-in-window.ts';
import type { Received } from '../server/handler.ts';
import { changesOf } from '../server/rows.ts';
import type { Session, Trial } from '../trial/trial.ts';
import type { Fail } from './violations.ts';

/** Reads by purpose: for a plan, for drift before rows are sent later, and of rows that were in flight. */
type ReadCounts = { plan: number; drift: number; back: number };

/** What the requests of a trial add up to. */
export type RequestCounts = {
  requests: number;
  reads: ReadCounts;
  /** Rows sent again after a read. */
  resent: number;
  /** Rows in flight at kills. */
  inFlightAtKills: number;
  /** Writes whose answer did not show whether they were applied. */
  ambiguous: number;
  /** The most requests in any second of one session. */
  maxPerSecond: number;
  /** The longest delay of the server's clock. */
  lateMs: number;
};

/** Contract: in each session, the first three rows of each of the three kinds of change are read back after their 200. */
const PROOF_READS = 3 * 3;

type Purpose = 'write' | 'back' | 'account';

/**
 * The requests of a session with their purposes. A read of a row in flight (by the ledger at the start, or by a write
 * in this session) is a read back. Other reads are of the account.
 */
function withPurpose({ before }: Session, requests: readonly Received[]): { request: Received; purpose: Purpose }[] {
  const inFlight = new Set(before.inFlight);
  return requests.map((request) => {
    const { kind, row } = request;
    if (kind === 'write') {
      inFlight.add(row);
      return { request, purpose: 'write' };
    }
    return { request, purpose: kind === 'read' && inFlight.has(row) ? 'back' : 'account' };
  });
}

/**
 * Checks one session against the ledger at its start. Only rows without an outcome may be sent, each only once unless
 * it is read in between. The account is read only if the trial is online, and only before the first row is sent.
 */
function checkSession(trial: Trial, number: number, fail: Fail): ReadCounts {
  const session = trial.sessions[number] as Session;
  const reads: ReadCounts = { plan: 0, drift: 0, back: 0 };
  const lastKind = new Map<number, Received['kind']>();
  let isSending = false;
  const requests = trial.server.received().slice(session.from, session.to);
  for (const { request, purpose } of withPurpose(session, requests)) {
    const { kind, row } = request;
    const name = `session ${number}: ${kind}${row === 0 ? '' : ` of row ${row}`}`;
    if (purpose === 'account') {
      reads[session.createdRun ? 'plan' : 'drift'] += 1;
      if (!trial.online) fail('other', `${name}, although the run is offline`);
      if (isSending) fail('other', `${name}, of a row that is not in flight, after sending has started`);
    } else isSending = true;
    if (purpose === 'back') reads.back += 1;
    if (kind === 'list') continue;
    if (lastKind.get(row) === kind) fail('duplicate', `${name}, twice in a row in one session`);
    lastKind.set(row, kind);
    if (session.before.outcomes.has(row)) fail('duplicate', `${name}, which already had an outcome`);
  }
  return reads;
}

/** A row may be sent again only after a read. Returns the count of rows sent again. */
function checkResent(trial: Trial, fail: Fail): number {
  const sentIn = new Map<number, number>();
  const readSince = new Set<number>();
  let resent = 0;
  trial.sessions.forEach(({ from, to }, number) => {
    for (const { kind, row } of trial.server.received().slice(from, to)) {
      if (kind === 'read') readSince.add(row);
      if (kind !== 'write') continue;
      const earlier = sentIn.get(row);
      if (earlier !== undefined) resent += 1;
      if (earlier !== undefined && !readSince.has(row)) {
        fail('duplicate', `row ${row} was sent in session ${earlier} and again in ${number} without a read in between`);
      }
      sentIn.set(row, number);
      readSince.delete(row);
    }
  });
  return resent;
}

/**
 * Every row with a change must be sent, and no other row. An edited row must not be sent after the edit. A row that is
 * at its target from the start need not be sent if it was read.
 */
function checkSent(trial: Trial, fail: Fail): void {
  const readRows = new Set(trial.server.received().flatMap(({ kind, row }) => (kind === 'read' ? [row] : [])));
  const lastWriteAt = new Map<number, number>();
  trial.server.received().forEach(({ kind, row }, at) => {
    if (kind === 'write') lastWriteAt.set(row, at);
  });
  for (const { row, action, behavior } of trial.rows) {
    const isAtTarget = behavior === 'at_target' && readRows.has(row);
    const edit = trial.edits.get(row);
    const at = lastWriteAt.get(row);
    if (edit !== undefined) {
      if (at !== undefined && at >= edit.since) fail('wrong', `row ${row} was sent after another client's edit`);
    } else if (action === 'change' && at === undefined && !isAtTarget) fail('loss', `row ${row} was never sent`);
    else if (action !== 'change' && at !== undefined) fail('wrong', `row ${row} was sent, but its action is ${action}`);
  }
}

/** Requests must not exceed the rate. Returns the most requests in a second, and the longest delay of the clock. */
function checkPace({ server, sessions, rate }: Trial, fail: Fail): Pick<RequestCounts, 'maxPerSecond' | 'lateMs'> {
  let maxPerSecond = 0;
  let maxLateMs = 0;
  sessions.forEach(({ from, to, lateMs }, number) => {
    const times = server
      .received()
      .slice(from, to)
      .map(({ at }) => at);
    maxPerSecond = Math.max(maxPerSecond, mostInWindow(times, 1000));
    // A request that was recorded late may have arrived before its window.
    const windowMs = 1000 - lateMs;
    const certain = mostInWindow(times, windowMs);
    if (certain > rate) {
      fail('rate', `session ${number}: ${certain} requests in ${windowMs.toFixed(1)} ms, limit ${rate}/s`);
    }
    maxLateMs = Math.max(maxLateMs, lateMs);
  });
  return { maxPerSecond, lateMs: maxLateMs };
}

/**
 * Checks all requests of a finished trial. Nothing is sent twice without a read, only rows in flight at kills,
 * ambiguous writes and the first rows of a session are read back, there are no more requests than these need, and none came too early.
 */
export function checkRequests(trial: Trial, fail: Fail): RequestCounts {
  const { server, sessions } = trial;
  const requests = server.received().length;
  const reads: ReadCounts = { plan: 0, drift: 0, back: 0 };
  sessions.forEach((_, number) => {
    const { plan, drift, back } = checkSession(trial, number, fail);
    reads.plan += plan;
    reads.drift += drift;
    reads.back += back;
  });
  const resent = checkResent(trial, fail);
  checkSent(trial, fail);
  const inFlightAtKills = sessions.reduce((sum, { before }) => sum + before.inFlight.size, 0);
  const ambiguous = server.ambiguousRows().length;
  const uncertain = inFlightAtKills + ambiguous;
  const reason = `${inFlightAtKills} rows in flight at kills and ${ambiguous} ambiguous writes`;
  const proofs = PROOF_READS * sessions.length;
  if (reads.back > uncertain + proofs) fail('other', `${reads.back} rows read back for ${reason}`);
  if (resent > uncertain) fail('other', `${resent} rows sent again for ${reason}`);
  const extra = requests - reads.plan - reads.drift - changesOf(trial.rows).length;
  if (extra > reads.back + uncertain) {
    fail('other', `${extra} requests beyond one for each row, for ${reads.back} rows read back, ${reason}`);
  }
  for (const request of server.unexpected()) fail('other', `unexpected request: ${request}`);
  return { requests, reads, resent, inFlightAtKills, ambiguous, ...checkPace(trial, fail) };
}
