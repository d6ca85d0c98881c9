import { namesProfile, OUTCOME_STATUSES, type Outcome } from '../attempt/outcome.ts';
import type { LedgerEntry, OrderEntry } from './entry.ts';
import { addHold } from './held-profiles.ts';
import { addOrder, addRowBesideOrders, isOrderEntry, noOrders } from './orders.ts';
import { addSession, noSessions } from './sessions.ts';
import { addSteered, notSteered } from './steered.ts';

/**
 * What the ledger says of a row. `intent`: a write may be on its way, and no entry says how it ended. `requeued`: the
 * row waits, and no write of it happened. `ambiguous`: it waits, and a write may have happened. `unverified` and
 * `outcome`: it has an outcome.
 */
export const ROW_STATE = { untouched: 0, intent: 1, requeued: 2, ambiguous: 3, unverified: 4, outcome: 5 } as const;
export type RowState = (typeof ROW_STATE)[keyof typeof ROW_STATE];

export function hasOutcome(state: number): boolean {
  return state >= ROW_STATE.unverified;
}

/** What a ledger says of every row, in 16 bytes a row, whatever the outcomes hold. Rows are counted from 1. */
export type LedgerIndex = ReturnType<typeof emptyIndex>;

/** Creates the index of an empty ledger. */
export function emptyIndex(rows: number) {
  return {
    rowStates: new Uint8Array(rows + 1),
    /** Byte offset of the last entry about a row. */
    offset: new Float64Array(rows + 1),
    length: new Uint32Array(rows + 1),
    /** Attempts, including those that a crash cut off. The array clamps: 255 stands for more. */
    attempts: new Uint8ClampedArray(rows + 1),
    /** The place of its status in OUTCOME_STATUSES, from 1; 0 without an outcome. */
    statusOf: new Uint8Array(rows + 1),
    /** The wave of the session in which a row has ended; 0 without waves. */
    waveOf: new Uint8Array(rows + 1),
    /** The wave of the last session that has sent rows; 0 if it sent none. */
    sendingWave: 0,
    /** The last step of the waves; null if there was none. */
    wave: null as Extract<LedgerEntry, { type: 'wave' }> | null,
    sessions: noSessions(),
    /** Profiles whose rows the last session held back, and why. */
    heldProfiles: new Map<string, string>(),
    /** What operators have asked for. */
    steering: notSteered(),
    orders: noOrders(),
    /** What numbers had that were sent although they had changed since the plan. */
    overwritten: new Map<number, { profile: string; product: string }>(),
    /** Rows among these that were at their target when they were planned: they do not count as rows to send. */
    unchangedButSent: new Set<number>(),
    /** The handover that has not ended, and where its last line stands in the stream of the workers ('' if none). */
    handover: null as { id: string; queue: string; stream: string } | null,
    /** Rows to send that have an outcome. */
    ended: 0,
    /** Those of them that failed for good, for another reason than their profile. */
    permanent: 0,
  };
}

function addHandover(index: LedgerIndex, entry: LedgerEntry): void {
  if (entry.type === 'handed_over') index.handover = { id: entry.handover, queue: entry.queue, stream: '' };
  if (index.handover === null) return;
  if (entry.type === 'taken_back' || entry.type === 'handover_lost') index.handover = null;
  else if (entry.stream !== undefined) index.handover.stream = entry.stream;
}

/**
 * Whether a ledger that follows a stream takes a line of it. A row that has ended here has ended, also if a Redis that
 * was restarted has forgotten that and a worker has had the row again. Only an unverified outcome may be replaced.
 */
export function takesLine(index: LedgerIndex, entry: LedgerEntry): boolean {
  const state = 'row' in entry ? (index.rowStates[entry.row] ?? 0) : ROW_STATE.untouched;
  return !hasOutcome(state) || (state === ROW_STATE.unverified && entry.type === 'outcome');
}

/**
 * The rows of an order. From its intent on a write of them may happen. Once it has ended, a read has shown that those
 * without an outcome are not at their target; but if it may still move them, they are read again before they are sent.
 */
function addOrderRows(index: LedgerIndex, entry: OrderEntry, offset: number, length: number): void {
  if (entry.type === 'order_intent') {
    for (const row of entry.rows) {
      checkRow(index, row);
      if (hasOutcome(index.rowStates[row] as number)) throw new Error(`it names row ${row} again after its outcome`);
    }
  }
  const rows = addOrder(index.orders, entry)?.rows ?? [];
  if (entry.type === 'order_intent') {
    for (const row of rows) {
      index.rowStates[row] = ROW_STATE.intent;
      index.offset[row] = offset;
      index.length[row] = length;
    }
  }
  if (entry.type === 'order_ended') {
    const next = entry.result === 'still' ? ROW_STATE.ambiguous : ROW_STATE.requeued;
    for (const row of rows) if (index.rowStates[row] === ROW_STATE.intent) index.rowStates[row] = next;
  }
}

function checkRow({ rowStates }: LedgerIndex, row: number): void {
  const rows = rowStates.length - 1;
  if (!(row >= 1 && row <= rows)) throw new Error(`it names row ${row}, and the plan has ${rows}`);
}

/** Adds the next entry; `offset` and `length` are those of its line. Throws if the plan does not have its row. */
export function addToIndex(index: LedgerIndex, entry: LedgerEntry, offset: number, length: number): void {
  addSession(index.sessions, entry);
  if (entry.type === 'session_started' && entry.reading !== true) index.sendingWave = entry.wave ?? 0;
  if (entry.type === 'wave') index.wave = entry;
  addHold(index.heldProfiles, entry);
  addHandover(index, entry);
  if (entry.type === 'steered') addSteered(index.steering, entry);
  if (isOrderEntry(entry)) addOrderRows(index, entry, offset, length);
  if (!('row' in entry)) return;
  const { row } = entry;
  checkRow(index, row);
  if (entry.type === 'found') {
    index.overwritten.set(row, { profile: entry.profile, product: entry.product });
    if (entry.unchangedButSent === true) index.unchangedButSent.add(row);
    return;
  }
  const before = index.rowStates[row] as number;
  // An outcome is the last that is said of a row. To believe the other entry could send the row again.
  if (before === ROW_STATE.outcome && entry.type !== 'outcome') {
    throw new Error(`it names row ${row} again after its outcome`);
  }
  index.offset[row] = offset;
  index.length[row] = length;
  const isInOrder = addRowBesideOrders(index.orders, entry);
  switch (entry.type) {
    case 'intent':
      // A second intent without an outcome: a crash cut off what followed the first.
      if (before === ROW_STATE.intent) index.attempts[row] = (index.attempts[row] as number) + 1;
      index.rowStates[row] = ROW_STATE.intent;
      return;
    case 'put_back':
      index.attempts[row] = entry.attempts;
      // Its order may still move it.
      index.rowStates[row] = entry.ambiguous || isInOrder ? ROW_STATE.ambiguous : ROW_STATE.requeued;
      return;
    case 'outcome':
      index.attempts[row] = entry.attempts;
      index.rowStates[row] = entry.status === 'unverified' ? ROW_STATE.unverified : ROW_STATE.outcome;
      index.waveOf[row] = index.sendingWave;
      index.statusOf[row] = OUTCOME_STATUSES.indexOf(entry.status) + 1;
      if (entry.unchangedButSent === true || index.unchangedButSent.has(row)) return;
      // A row that was read again after an unverified outcome counts once.
      if (!hasOutcome(before)) index.ended += 1;
      if (before === ROW_STATE.outcome) return;
      if (entry.status === 'failed' && !entry.retryable && !namesProfile(entry)) index.permanent += 1;
  }
}

/** Whether a row has ended with a status. */
export function hasEndedAs(index: LedgerIndex, row: number, status: Outcome['status']): boolean {
  return index.statusOf[row] === OUTCOME_STATUSES.indexOf(status) + 1;
}

/** How many rows have ended with a status. */
export function countEndedAs({ statusOf }: LedgerIndex, status: Outcome['status']): number {
  const wanted = OUTCOME_STATUSES.indexOf(status) + 1;
  return statusOf.reduce((sum, found) => sum + Number(found === wanted), 0);
}

/** The attempts of a row so far; an attempt that a crash cut off counts. */
export function attemptsBefore(index: LedgerIndex, row: number): number {
  return (index.attempts[row] as number) + (index.rowStates[row] === ROW_STATE.intent ? 1 : 0);
}
