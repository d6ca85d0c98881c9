import type { LedgerEntry, WaveStep } from '../ledger/entry.ts';
import { orderEndText, orderPlacedText } from '../ledger/order-text.ts';
import { changeText } from '../ledger/steered.ts';
import { count, printable } from '../text/text.ts';

/** Happenings that are kept, of the first and of the last: a run of years must not fill the page. */
const MAX_KEPT = 150;
const MAX_TEXT = 300;

/** Something that happened in a run. They are counted from 1. */
export type Happening = {
  number: number;
  at: string;
  kind: 'session' | 'hold' | 'operator' | 'wave' | 'order' | 'workers';
  text: string;
  /** The picture shows it too. It would be full of the steps of waves and of the sessions between them. */
  isDrawn: boolean;
};

/** The first happenings, how many are left out after them, and the last ones. */
export type Happenings = { first: Happening[]; more: number; last: Happening[] };

const STEPS: Record<WaveStep, string> = {
  started: 'started',
  sent: 'sent',
  kept: 'read back, and at its targets',
  soaked: 'read again, and at its targets',
  passed: 'the next one may start',
  refused: 'refused by the gate',
  not_kept: 'not at its targets',
};

/** Steps of a wave that goes well. */
const QUIET_STEPS: ReadonlySet<WaveStep> = new Set(['sent', 'kept', 'soaked', 'passed']);

function sessionText({ worker, bulk }: Extract<LedgerEntry, { type: 'session_started' }>): string {
  if (worker !== undefined) return `Worker ${worker} took the run`;
  return bulk === true ? 'Bulk orders started' : 'Sending started';
}

function happeningOf(entry: LedgerEntry): Pick<Happening, 'kind' | 'text' | 'isDrawn'> | null {
  switch (entry.type) {
    case 'session_started':
      if (entry.reading === true) return { kind: 'session', isDrawn: false, text: 'Reading of the account started' };
      return {
        kind: 'session',
        isDrawn: true,
        text: sessionText(entry),
      };
    case 'session_ended':
      return {
        kind: 'session',
        isDrawn: false,
        text: entry.stop === null ? 'Session ended' : `Session ended: ${entry.stop}`,
      };
    case 'profile_held':
      return { kind: 'hold', isDrawn: true, text: `Profile ${entry.profile} was held: ${entry.why}` };
    case 'steered':
      return { kind: 'operator', isDrawn: true, text: `${entry.command} ${changeText(entry, '→')} by ${entry.by}` };
    case 'wave':
      return {
        kind: 'wave',
        isDrawn: !QUIET_STEPS.has(entry.step),
        text: `Wave ${entry.wave} of ${entry.waves} (${count(entry.rows, 'row')}): ${STEPS[entry.step]}`,
      };
    case 'order_placed':
      return { kind: 'order', isDrawn: false, text: orderPlacedText(entry) };
    case 'order_seen': {
      if (entry.mismatch === undefined) return null;
      return { kind: 'order', isDrawn: true, text: orderEndText(entry.order, 'mismatch', entry.mismatch) };
    }
    case 'order_ended':
      if (entry.result === 'done') return null;
      return { kind: 'order', isDrawn: true, text: orderEndText(entry.order, entry.result, entry.why) };
    case 'handed_over':
      return { kind: 'workers', isDrawn: true, text: `Handed over to the workers of ${entry.queue}` };
    case 'taken_back':
      return { kind: 'workers', isDrawn: true, text: 'Taken back from the workers' };
    case 'handover_lost':
      return { kind: 'workers', isDrawn: true, text: 'The handover to the workers was lost' };
    default:
      return null;
  }
}

/** Gathers what happened in a run besides its rows. */
export function createHappenings() {
  const first: Happening[] = [];
  const last: Happening[] = [];
  let number = 0;
  return {
    add(entry: LedgerEntry): void {
      const happened = happeningOf(entry);
      if (happened === null || !('at' in entry)) return;
      number += 1;
      const list = first.length < MAX_KEPT ? first : last;
      list.push({ ...happened, number, at: entry.at, text: printable(happened.text, MAX_TEXT) });
      if (last.length > MAX_KEPT) last.shift();
    },
    happenings: (): Happenings => ({ first, more: number - first.length - last.length, last }),
  };
}

/** How many happenings are not shown. */
export function moreText(more: number): string {
  return `${count(more, 'line')} between these are in ledger.ndjson`;
}
