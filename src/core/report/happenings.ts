import type { LedgerEntry, WaveStep } from '../ledger/entry.ts';
import { count, printable } from '../text/text.ts';

/** Happenings that are kept: a run of years, or a hostile ledger, must not fill the page. */
const MAX_KEPT = 300;
const MAX_TEXT = 300;

export type Happening = { at: string; kind: 'session' | 'hold' | 'operator' | 'wave' | 'workers'; text: string };

/** The happenings in order, and how many more there were. */
export type Happenings = { list: Happening[]; more: number };

const STEPS: Record<WaveStep, string> = {
  started: 'started',
  sent: 'sent',
  kept: 'read back, and at its targets',
  soaked: 'read again, and at its targets',
  passed: 'the next one may start',
  refused: 'refused by the gate',
  not_kept: 'not at its targets',
};

function happeningOf(entry: LedgerEntry): Omit<Happening, 'at'> | null {
  switch (entry.type) {
    case 'session_started':
      if (entry.reading === true) return { kind: 'session', text: 'Reading of the account started' };
      return {
        kind: 'session',
        text: entry.worker === undefined ? 'Sending started' : `Worker ${entry.worker} took the run`,
      };
    case 'session_ended':
      return { kind: 'session', text: entry.stop === null ? 'Session ended' : `Session ended: ${entry.stop}` };
    case 'profile_held':
      return { kind: 'hold', text: `Profile ${entry.profile} was held: ${entry.why}` };
    case 'steered': {
      const { by, command, from, to } = entry;
      const change = from === '' || to === '' ? `${from}${to}` : `${from} → ${to}`;
      return { kind: 'operator', text: `${command} ${change} by ${by}` };
    }
    case 'wave':
      return {
        kind: 'wave',
        text: `Wave ${entry.wave} of ${entry.waves} (${count(entry.rows, 'row')}): ${STEPS[entry.step]}`,
      };
    case 'handed_over':
      return { kind: 'workers', text: `Handed over to the workers of ${entry.queue}` };
    case 'taken_back':
      return { kind: 'workers', text: 'Taken back from the workers' };
    case 'handover_lost':
      return { kind: 'workers', text: 'The handover to the workers was lost' };
    default:
      return null;
  }
}

/** Gathers what happened in a run besides its rows. */
export function createHappenings() {
  const list: Happening[] = [];
  let more = 0;
  return {
    add(entry: LedgerEntry): void {
      const happened = happeningOf(entry);
      if (happened === null || !('at' in entry)) return;
      if (list.length < MAX_KEPT)
        list.push({ at: entry.at, kind: happened.kind, text: printable(happened.text, MAX_TEXT) });
      else more += 1;
    },
    happenings: (): Happenings => ({ list, more }),
  };
}

/** How many happenings are not shown. */
export function moreText(more: number): string {
  return `and ${count(more, 'more line')} in ledger.ndjson`;
}
