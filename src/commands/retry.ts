import { checkAccount } from '../app/account/check-account.ts';
import type { Context } from '../app/context.ts';
import { indexLedger, inputRecords, resultsOf } from '../app/ending/write-results.ts';
import { CommandError, UsageError } from '../app/errors.ts';
import { print, printJson } from '../app/output.ts';
import { checkPlan } from '../app/planning/check-plan.ts';
import type { InputSource } from '../app/planning/input-source.ts';
import { preparePlan } from '../app/planning/prepare.ts';
import { draftRetry, planUndo } from '../app/planning/undo-plan.ts';
import { printConfig } from '../app/print-config.ts';
import { checkOutputs } from '../app/run/create.ts';
import { lockAccount, lockRun, stateOf } from '../app/run/locks.ts';
import { commandOn, openRun, type Run } from '../app/run/open.ts';
import { successorText } from '../app/run/unfinished.ts';
import { confirmAndSend, requireKey } from '../app/sending/confirm.ts';
import { resolveForRun } from '../app/settings.ts';
import { isSelected } from '../core/followup/retry.ts';
import { keptCells } from '../core/results/rows.ts';
import { EXIT } from '../core/run/exit-codes.ts';
import type { Manifest } from '../core/run/manifest.ts';
import { settingsFor } from '../core/settings/raw.ts';
import type { RawSettings, RowKind } from '../core/settings/schema.ts';
import { count } from '../core/text/text.ts';
import { createCsvWriter } from '../io/csv/writer.ts';
import { readJson, runFiles, writeJson } from '../io/run/directory.ts';

/** `retry RUN_DIR`: a new run of the rows that have not reached their target. */
export async function retryCommand(given: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  if (given === undefined || given === '') throw new UsageError('retry needs a run directory; `runs` lists them');
  const source = openRun(given, context);
  const kept = settingsFor('retry', source.manifest.settings);
  const resolved = resolveForRun(flags, context, 'retry', { ...source.manifest, settings: kept });
  const { settings } = resolved;
  if (settings.print_config) return printConfig(resolved, 'retry', context);
  checkOutputs(null, resolved, context);
  const key = settings.dry_run && settings.offline ? null : requireKey(resolved, context);
  const what = `retry ${source.manifest.run_id}`;
  await lockAccount(settings.dry_run ? null : key, what, settings, context);
  const lock = settings.dry_run ? null : await lockRun(source.dir, what, settings, context);
  const manifest = openRun(given, context).manifest;
  const state = await checkState({ ...source, manifest }, lock !== null, context);
  await checkAccount({ ...source, manifest }, resolved, key, context);
  const rows = await rowsToTake(source.dir, manifest, settings.only);
  if (rows.taken.length === 0) {
    const note = `Run ${manifest.run_id} has no rows that are ${settings.only.join(' or ')}: nothing to do.`;
    if (settings.json) printJson(context, EXIT.ok, { warnings: [note] });
    else if (!settings.quiet) print(context.stderr, `${note}\n`);
    return EXIT.ok;
  }
  const isUndo = manifest.source?.undo === true;
  const origin: InputSource = {
    path: manifest.input.path,
    name: manifest.name,
    source: { run_id: manifest.run_id, dir: source.dir, only: settings.only.join(','), undo: isUndo },
    organizationId: manifest.organization_id,
    copy: async (dir, signal) => {
      // The stand-in goes on as that run has left it.
      const kept = readJson(runFiles(source.dir).sandbox);
      if (kept !== null) writeJson(runFiles(dir).sandbox, kept);
      if (isUndo) return draftRetry(source.dir, rows.taken, dir).sha256;
      return copyRows(source.dir, manifest, rows.taken, dir, signal);
    },
    // A retry of an undo leaves alone what the undo would have left alone.
    ...(isUndo ? { plan: (dir, signal, read) => planUndo(dir, settings.force, signal, read) } : {}),
  };
  const where = `${count(rows.taken.length, 'row')} of ${source.shown}`;
  const begun = await preparePlan(origin, where, resolved, settings.dry_run ? 'plan' : 'retry', key, context);
  if (!('run' in begun)) return 'exit' in begun ? begun.exit : EXIT.ok;
  const { run, warnings } = begun;
  const isOver = state === 'finished' || rows.leftBehind > 0;
  return confirmAndSend(run, resolved, context, {
    key,
    neverAsk: false,
    warnings,
    supersedes: isOver ? [] : [{ ...source, manifest }],
  });
}

/** The state of a run whose rows can be taken. Throws CommandError (exit 8 or 9) where they cannot. */
async function checkState(source: Run, mine: boolean, context: Context) {
  const { manifest, dir } = source;
  const { run_id: id } = manifest;
  const refuse = (message: string, exit: number = EXIT.refused) => new CommandError(exit, 'no_retry', message);
  const state = await stateOf(dir, manifest, mine);
  if (state === 'running' || state === 'planning') throw refuse(`Run ${id} is at work.`, EXIT.locked);
  if (state === 'superseded') {
    throw refuse(`Run ${id} was given up for run ${manifest.superseded_by}.${successorText(source, 'retry', context)}`);
  }
  if (manifest.started_at === null && state !== 'finished') {
    await checkPlan(source, context);
    throw refuse(`Run ${id} has sent nothing. Carry it out: ${commandOn(source, 'apply', context)}`);
  }
  return state;
}

/** The rows that are taken, and how many are left behind that a resume could still bring to an end. */
async function rowsToTake(
  dir: string,
  manifest: Manifest,
  only: readonly RowKind[],
): Promise<{ taken: number[]; leftBehind: number }> {
  const index = await indexLedger(runFiles(dir).ledger, manifest.input.rows);
  const taken: number[] = [];
  let leftBehind = 0;
  for await (const batch of resultsOf(dir, index, true)) {
    for (const result of batch) {
      if (isSelected(result, only)) taken.push(result.entry.row);
      else if (result.status === 'unprocessed' || result.status === 'unverified') leftBehind += 1;
    }
  }
  return { taken, leftBehind };
}

/** Writes the rows, with the columns that they had, as the input of a new run; gives the SHA-256. */
async function copyRows(
  from: string,
  manifest: Manifest,
  rows: readonly number[],
  dir: string,
  signal: AbortSignal,
): Promise<string> {
  const input = inputRecords(from, manifest);
  const header = (await input.next()).value;
  if (header === undefined) throw new Error(`${runFiles(from).input} has no header`);
  const writer = createCsvWriter(runFiles(dir).input, keptCells(header.cells, header.cells));
  try {
    let row = 0;
    let next = 0;
    for await (const { cells } of input) {
      row += 1;
      if (row !== rows[next]) continue;
      next += 1;
      writer.write(keptCells(cells, header.cells));
      if (next % 10_000 === 0) signal.throwIfAborted();
    }
    return writer.close();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
