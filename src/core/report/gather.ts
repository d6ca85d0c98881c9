import type { Status } from '../attempt/outcome.ts';
import type { LedgerEntry } from '../ledger/entry.ts';
import type { Result } from '../results/rows.ts';
import { copyOf, createFlows, type Flows } from './flows.ts';
import { createHappenings, type Happenings } from './happenings.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** Rows that the page shows. All of them are in failed.csv and held.csv. */
const MAX_ROWS = 1000;
const MAX_FLOWS = 50;

/** Rows that were not tried are counted, and not listed. */
const SHOWN: ReadonlySet<Status> = new Set(['failed', 'unverified', 'held', 'rejected']);

/** What a report page shows besides the summary. */
export type Gathered = {
  timeline: Timeline | null;
  happenings: Happenings;
  flows: Flows;
  /** The first rows that are not at their target although they had their turn, and how many there are. */
  rows: { list: Result[]; total: number };
};

/** What takes the entries of a ledger and the results of a run. */
export type Gathering = ReturnType<typeof createGathering>;

/** Gathers what a report page shows while a run is read, in memory that does not grow with its rows. */
export function createGathering() {
  const timeline = createTimeline();
  const happenings = createHappenings();
  const flows = createFlows();
  const list: Result[] = [];
  let total = 0;
  return {
    onEntry(entry: LedgerEntry): void {
      // Nearly all entries are about rows.
      if ('row' in entry) return;
      timeline.add(entry);
      happenings.add(entry);
    },
    onResult(result: Result): void {
      flows.add(result);
      if (!SHOWN.has(result.status)) return;
      total += 1;
      if (list.length < MAX_ROWS) list.push(copyOf(result));
    },
    gathered: (): Gathered => ({
      timeline: timeline.timeline(),
      happenings: happenings.happenings(),
      flows: flows.flows(MAX_FLOWS),
      rows: { list, total },
    }),
  };
}
