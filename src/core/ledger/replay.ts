import { namesProfile } from '../attempt/outcome.ts';
import type { LedgerEntry } from './entry.ts';
import { addSession, noSessions, type Sessions } from './sessions.ts';

/**
 * How the ledger leaves a row. `intent`: a write may be on its way, and nothing says how it ended. `put_back`: the row
 * waits, and no write of it has happened; `ambiguous`: it waits, and one may have happened. The others have ended.
 */
export const ROW_STATE = { untouched: 0, intent: 1, put_back: 2, ambiguous: 3, unverified: 4, outcome: 5 } as const;
export type RowState = (typeof ROW_STATE)[keyof typeof ROW_STATE];

/** Whether a row has an outcome. */
export function hasEnded(left: number): boolean {
  return left >= ROW_STATE.unverified;
}

/** What a ledger says of every row: 14 bytes a row, whatever the outcomes hold. Rows count from 1. */
export type LedgerIndex = {
  left: Uint8Array;
  /** Where the last entry about a row stands in the file, in bytes. */
  offset: Float64Array;
  length: Uint32Array;
  /** Attempts, those counted that a crash has cut off; 255 stands for more. */
  attempts: Uint8Array;
  sessions: Sessions;
  /** Profiles whose rows the last session held back, and why. */
  held: Map<string, string>;
  /** What rows had that were sent although somebody else had changed them since the plan. */
  found: Map<number, { profile: string; product: string }>;
  /** Those of them that were at their target when they were planned: they are none of the rows to be sent. */
  besides: Set<number>;
  /**
   * Rows with an outcome, without those that were not to be sent (`besides`), and those of them that failed for good and
   * not for their profile.
   */
  ended: number;
  permanent: number;
};

/** The index of an empty ledger for so many rows. */
export function emptyIndex(rows: number): LedgerIndex {
  return {
    left: new Uint8Array(rows + 1),
    offset: new Float64Array(rows + 1),
    length: new Uint32Array(rows + 1),
    attempts: new Uint8Array(rows + 1),
    sessions: noSessions(),
    held: new Map(),
    found: new Map(),
    besides: new Set(),
    ended: 0,
    permanent: 0,
  };
}

const MOST = 255;

/** Adds the next entry of a ledger, with its place in the file. Throws when it names a row that the plan does not have. */
export function addToIndex(index: LedgerIndex, entry: LedgerEntry, offset: number, length: number): void {
  addSession(index.sessions, entry);
  // One that only reads lifts no hold.
  if (entry.type === 'session_started' && entry.reading !== true) index.held.clear();
  if (entry.type === 'profile_held') index.held.set(entry.profile, entry.why);
  if (!('row' in entry)) return;
  const { row } = entry;
  const rows = index.left.length - 1;
  if (!(row >= 1 && row <= rows)) throw new Error(`ledger.ndjson names row ${row}, and the plan has ${rows}`);
  if (entry.type === 'found') {
    index.found.set(row, { profile: entry.profile, product: entry.product });
    if (entry.besides === true) index.besides.add(row);
    return;
  }
  const before = index.left[row] as number;
  index.offset[row] = offset;
  index.length[row] = length;
  switch (entry.type) {
    case 'intent':
      // An intent after an intent: a crash has cut off whatever followed the first one.
      if (before === ROW_STATE.intent) index.attempts[row] = Math.min(MOST, (index.attempts[row] as number) + 1);
      index.left[row] = ROW_STATE.intent;
      return;
    case 'put_back':
      index.attempts[row] = Math.min(MOST, entry.attempts);
      index.left[row] = entry.ambiguous ? ROW_STATE.ambiguous : ROW_STATE.put_back;
      return;
    case 'outcome':
      index.attempts[row] = Math.min(MOST, entry.attempts);
      index.left[row] = entry.status === 'unverified' ? ROW_STATE.unverified : ROW_STATE.outcome;
      if (entry.besides === true || index.besides.has(row)) return;
      // A row that was read again after an unverified outcome has ended once.
      if (!hasEnded(before)) index.ended += 1;
      if (entry.status === 'failed' && !entry.retryable && !namesProfile(entry)) index.permanent += 1;
  }
}

/** Attempts that a row has behind it: what a crash has cut off counts as one. */
export function attemptsBefore(index: LedgerIndex, row: number): number {
  return (index.attempts[row] as number) + (index.left[row] === ROW_STATE.intent ? 1 : 0);
}
