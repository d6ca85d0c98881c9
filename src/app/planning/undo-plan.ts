import { mayHaveChanged, undoEntry, undoWithAccount } from '../../core/followup/undo.ts';
import type { LedgerIndex } from '../../core/ledger/replay.ts';
import { PLAN_COLUMNS, type PlanEntry, planCells } from '../../core/plan/entry.ts';
import { createPreview, type Preview } from '../../core/plan/preview.ts';
import { createCsvWriter, replaceRows } from '../../io/csv/writer.ts';
import { runFiles } from '../../io/run/directory.ts';
import { openPlanEntries, planLine } from '../../io/run/plan-file.ts';
import { profilesOf } from '../account/read-for-plan.ts';
import { openOutcomes } from '../run/ledger-index.ts';
import type { Plan, ReadDraft } from './make-plan.ts';

const INPUT_COLUMNS = ['phone_number_id', 'messaging_profile_id', 'messaging_product', 'undone_row'];
const DIALECT = { encoding: 'utf-8', delimiter: ',' };

/** The rows that a run has changed or may have changed, the latest change first. */
function undoneRows(index: LedgerIndex, outcomes: ReturnType<typeof openOutcomes>): number[] {
  const rows: number[] = [];
  for (let row = 1; row < index.rowStates.length; row++) {
    if (mayHaveChanged(index.rowStates[row] as number, outcomes.of(row))) rows.push(row);
  }
  return rows.sort((a, b) => (index.offset[b] as number) - (index.offset[a] as number));
}

/** The SHA-256 of the input of an undo, and how many rows it has. */
type Draft = { sha256: string; rows: number };

/** Writes rows as the input and the plan draft of an undo. */
function writeDraft(dir: string, entries: Iterable<{ entry: PlanEntry; of: number }>): Draft {
  const input = createCsvWriter(runFiles(dir).input, INPUT_COLUMNS);
  const plan = createCsvWriter(runFiles(dir).plan, PLAN_COLUMNS);
  let rows = 0;
  try {
    for (const { entry, of } of entries) {
      rows += 1;
      input.write([entry.id, entry.profileTarget, entry.productTarget, String(of)]);
      plan.write(planCells(entry));
    }
    plan.close();
    return { sha256: input.close(), rows };
  } catch (error) {
    input.abandon();
    plan.abandon();
    throw error;
  }
}

/** Writes the rows that restore what a run has changed. */
export function draftUndo(from: string, index: LedgerIndex, dir: string): Draft {
  const files = runFiles(from);
  const sent = openPlanEntries(files.plan);
  const outcomes = openOutcomes(files.ledger, index);
  function* entries() {
    for (const [at, row] of undoneRows(index, outcomes).entries()) {
      const found = index.overwritten.get(row) ?? null;
      yield { entry: undoEntry(at + 1, sent.entryOf(row), found, outcomes.of(row)), of: row };
    }
  }
  try {
    return writeDraft(dir, entries());
  } finally {
    sent.close();
    outcomes.close();
  }
}

/** Writes rows of an undo for its retry, as they were planned there, without those that can never be undone. */
export function draftRetry(from: string, taken: readonly number[], dir: string): Draft {
  const planned = openPlanEntries(runFiles(from).plan);
  function* entries() {
    let row = 0;
    for (const of of taken) {
      const entry = planned.entryOf(of);
      if (entry.reason === 'before_unknown') continue;
      row += 1;
      yield { entry: { ...entry, row, line: row + 1, action: 'change' as const, reason: '' as const, note: '' }, of };
    }
  }
  try {
    return writeDraft(dir, entries());
  } finally {
    planned.close();
  }
}

/** Makes the plan of an undo from its draft: reads the account, and holds numbers without what the run set. */
export async function planUndo(dir: string, force: boolean, signal: AbortSignal, read: ReadDraft): Promise<Plan> {
  const { plan } = runFiles(dir);
  const pass = (preview: Preview, becomes: (entry: PlanEntry) => PlanEntry) =>
    replaceRows(plan, (_row, line) => {
      const entry = becomes(planLine(line()));
      preview.add(entry);
      return planCells(entry);
    });
  const draft = createPreview();
  const draftSha256 = pass(draft, (entry) => entry);
  signal.throwIfAborted();
  if (draft.actions.change === 0) return { dialect: DIALECT, planSha256: draftSha256, preview: draft, fileError: null };
  const { account, profiles } = await read(draft);
  const preview = createPreview();
  const known = profilesOf(profiles);
  const planSha256 = pass(preview, (entry) =>
    entry.action === 'change' ? undoWithAccount(entry, account.stateOf(entry), known, force) : entry,
  );
  return { dialect: DIALECT, planSha256, preview, fileError: null };
}
