import type { LedgerEntry } from '../../core/ledger/entry.ts';
import { parseLedgerLine } from '../../core/ledger/parse-line.ts';
import { addToIndex, emptyIndex, type LedgerIndex, ROW_STATE } from '../../core/ledger/replay.ts';
import { remainingTask } from '../../core/queue/remaining.ts';
import type { QueuedTask } from '../../core/queue/tasks.ts';
import type { StreamLine } from '../../io/queue/ledger-reader.ts';

function parsed(id: string, line: string): LedgerEntry {
  try {
    return parseLedgerLine(line);
  } catch (error) {
    throw new Error(`line ${id} of the run in Redis cannot be used: ${(error as Error).message}`);
  }
}

/** What the stream of a run says of its rows. */
export async function indexStream(batches: AsyncIterable<StreamLine[]>, rows: number): Promise<LedgerIndex> {
  const index = emptyIndex(rows);
  for await (const batch of batches) {
    for (const item of batch) {
      if ('line' in item) addToIndex(index, parsed(item.id, item.line), 0, 0);
    }
  }
  return index;
}

/** Whether no entry says that a row may have been sent. */
function isUnsent({ rowStates }: LedgerIndex, { entry }: QueuedTask): boolean {
  const state = rowStates[entry.row];
  return state === ROW_STATE.untouched || state === ROW_STATE.requeued;
}

type RemainingOptions = {
  index: LedgerIndex;
  /** How many rows without an entry are read first. */
  doubtful: number;
  /** Called once when each of these has an entry again, so that Redis cannot have forgotten more of them. */
  onCertain: () => void;
};

/** The rows of a run that are still to be processed, and which of them are in doubt. */
export function createRemainingRows({ index, doubtful, onCertain }: RemainingOptions) {
  const withoutEntry = new Set<number>();
  let left = doubtful;
  let isCertain = doubtful === 0;

  function check(): void {
    if (isCertain || left > 0 || withoutEntry.size > 0) return;
    isCertain = true;
    onCertain();
  }

  return {
    /** Called again for rows that were passed over: those in doubt stay so. */
    async *of(tasks: AsyncIterable<QueuedTask>): AsyncGenerator<QueuedTask> {
      for await (const queued of tasks) {
        const task = remainingTask(queued, index);
        if (task === null) continue;
        const { row } = task.entry;
        if (withoutEntry.has(row)) yield task.first === 'send' ? { ...task, first: 'read' } : task;
        else if (left > 0 && isUnsent(index, task)) {
          left -= 1;
          // Where every row is in doubt, the doubt never ends.
          if (Number.isFinite(doubtful)) withoutEntry.add(row);
          yield task.first === 'send' ? { ...task, first: 'read' } : task;
        } else yield task;
      }
      if (Number.isFinite(doubtful)) left = 0;
      check();
    },
    /** Takes an entry that Redis has. */
    onRecorded(entry: LedgerEntry): void {
      if (isCertain || !('row' in entry)) return;
      withoutEntry.delete(entry.row);
      check();
    },
  };
}
