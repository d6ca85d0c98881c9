import type { Random } from '../server/random.ts';
import { changesOf, DRIFTED, finalSettings, type NumberSettings, type Row } from '../server/rows.ts';
import { readLedger } from './run-files.ts';
import { type Edit, runDirOf, type Trial } from './trial.ts';

/** The settings of an edited number at the end: those of the edit. */
export function editedSettings(row: Row, { to }: Edit): NumberSettings {
  return to === 'drifted' ? DRIFTED : finalSettings(row);
}

/**
 * The expected result of an edited row. The run does not overwrite an edit, and does not count it as its own change.
 */
export function editedResult({ to, inFlight }: Edit): { status: string; reason: string } {
  if (to === 'drifted') return { status: 'held', reason: 'drifted' };
  return inFlight ? { status: 'updated', reason: 'confirmed_by_read' } : { status: 'unchanged', reason: '' };
}

/**
 * Applies each of `edits` to the number of a random row without an outcome, if the next call continues an existing
 * plan. Skips an edit if no row matches its `inFlight`.
 */
export function applyEdits(
  trial: Trial,
  args: readonly string[],
  edits: readonly Pick<Edit, 'to' | 'inFlight'>[],
  random: Random,
): void {
  const dir = runDirOf(trial, args);
  if (dir === undefined) return;
  const ledger = readLedger(dir);
  for (const { to, inFlight } of edits) {
    const rows = changesOf(trial.rows).filter(
      ({ row, behavior }) =>
        behavior === 'accepts' &&
        ledger.inFlight.has(row) === inFlight &&
        !ledger.outcomes.has(row) &&
        !trial.edits.has(row),
    );
    if (rows.length === 0) continue;
    const row = random.pick(rows);
    const edit: Edit = { to, inFlight, since: trial.server.received().length };
    trial.edits.set(row.row, edit);
    trial.server.edit(row.id, editedSettings(row, edit));
  }
}
