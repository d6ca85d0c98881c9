import type { Random } from '../server/random.ts';
import { changesOf, DRIFTED, type Held, type Row, wanted } from '../server/rows.ts';
import { readLedger } from './run-files.ts';
import { type Edit, runAt, type Trial } from './session.ts';

/** What an edited number must have in the end: what it has been given. */
export function editedTo(row: Row, { to }: Edit): Held {
  return to === 'drifted' ? DRIFTED : wanted(row);
}

/** How an edited row must end: what was given is left alone, and is no change of this run where it is the target. */
export function endOfEdited({ to, open }: Edit): { status: string; reason: string } {
  if (to === 'drifted') return { status: 'held', reason: 'drifted' };
  return open ? { status: 'updated', reason: 'confirmed_by_read' } : { status: 'unchanged', reason: '' };
}

/**
 * Edits one number for each of `edits`, of rows that have not ended, where a call is to go on with a plan that was made
 * before; none where no row is `open`, or is not, as it says.
 */
export function editSome(
  trial: Trial,
  args: readonly string[],
  edits: readonly Pick<Edit, 'to' | 'open'>[],
  random: Random,
): void {
  const dir = runAt(trial, args);
  if (dir === undefined) return;
  const ledger = readLedger(dir);
  for (const { to, open } of edits) {
    const rows = changesOf(trial.rows).filter(
      ({ row, fate }) =>
        fate === 'ok' && ledger.open.has(row) === open && !ledger.outcomes.has(row) && !trial.edits.has(row),
    );
    if (rows.length === 0) continue;
    const row = random.pick(rows);
    const edit: Edit = { to, open, since: trial.server.seen().length };
    trial.edits.set(row.row, edit);
    trial.server.edit(row.id, editedTo(row, edit));
  }
}
