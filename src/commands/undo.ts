import { checkAccount } from '../app/account/check-account.ts';
import type { Context } from '../app/context.ts';
import { indexLedger } from '../app/ending/write-results.ts';
import { CommandError, UsageError } from '../app/errors.ts';
import { print } from '../app/output.ts';
import { checkPlan } from '../app/planning/check-plan.ts';
import type { InputSource } from '../app/planning/input-source.ts';
import { preparePlan } from '../app/planning/prepare.ts';
import { draftUndo, planUndo } from '../app/planning/undo-plan.ts';
import { printConfig } from '../app/print-config.ts';
import { checkOutputs } from '../app/run/create.ts';
import { lockAccount, lockRun, stateOf } from '../app/run/locks.ts';
import { commandOn, openRun, type Run } from '../app/run/open.ts';
import { confirmAndSend, requireKey } from '../app/sending/confirm.ts';
import { resolveForRun } from '../app/settings.ts';
import { EXIT } from '../core/run/exit-codes.ts';
import type { Manifest } from '../core/run/manifest.ts';
import { settingsFor } from '../core/settings/raw.ts';
import type { RawSettings } from '../core/settings/schema.ts';

import { readJson, runFiles, writeJson } from '../io/run/directory.ts';

/** `undo RUN_DIR`: a new run that puts back what a run has changed, where the number still has what that run set. */
export async function undoCommand(given: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  if (given === undefined || given === '') throw new UsageError('undo needs a run directory; `runs` lists them');
  const source = openRun(given, context);
  // A number may return to no profile without a flag, in a later retry of the undo too.
  const kept = { ...settingsFor('undo', source.manifest.settings), allow_unassign: 'true' };
  const resolved = resolveForRun(flags, context, 'undo', { ...source.manifest, settings: kept });
  const { settings } = resolved;
  if (settings.print_config) return printConfig(resolved, 'undo', context);
  checkOutputs(null, resolved, context);
  const key = requireKey(resolved, context);
  const what = `undo ${source.manifest.run_id}`;
  await lockAccount(settings.dry_run ? null : key, what, settings, context);
  const lock = settings.dry_run ? null : await lockRun(source.dir, what, settings, context);
  const { manifest } = openRun(given, context);
  const state = await checkState({ ...source, manifest }, lock !== null, context);
  await checkPlan({ ...source, manifest }, context);
  await checkAccount({ ...source, manifest }, resolved, key, context);
  const index = await indexLedger(runFiles(source.dir).ledger, manifest.input.rows);
  let rows = 0;
  const origin: InputSource = {
    path: null,
    name: `undo-${manifest.name}`,
    source: { run_id: manifest.run_id, dir: source.dir, only: '', undo: true },
    organizationId: manifest.organization_id,
    async copy(dir) {
      // The stand-in goes on as that run has left it.
      const left = readJson(runFiles(source.dir).sandbox);
      if (left !== null) writeJson(runFiles(dir).sandbox, left);
      const draft = draftUndo(source.dir, index, dir);
      rows = draft.rows;
      return draft.sha256;
    },
    plan: (dir, signal, read) => planUndo(dir, settings.force, signal, read),
  };
  const begun = await preparePlan(
    origin,
    `undo of ${source.shown}`,
    resolved,
    settings.dry_run ? 'plan' : 'undo',
    key,
    context,
  );
  if (!('run' in begun)) return 'exit' in begun ? begun.exit : EXIT.ok;
  if (rows === 0) sayNothing(manifest, settings.json, settings.quiet, context);
  const { run, warnings } = begun;
  const isOver = state === 'finished' || state === 'superseded';
  const supersedes = isOver ? [] : [{ ...source, manifest }];
  return confirmAndSend(run, resolved, context, { key, neverAsk: false, warnings, supersedes });
}

function sayNothing({ run_id: id }: Manifest, json: boolean, quiet: boolean, context: Context): void {
  const note = `Run ${id} has changed nothing: there is nothing to undo.`;
  if (!json && !quiet) print(context.stderr, `${note}\n`);
}

/** The state of a run that can be undone. Throws CommandError (exit 8 or 9) where it cannot. */
async function checkState(source: Run, mine: boolean, context: Context) {
  const { manifest, dir } = source;
  const { run_id: id } = manifest;
  const state = await stateOf(dir, manifest, mine);
  if (state === 'running' || state === 'planning')
    throw new CommandError(EXIT.locked, 'locked', `Run ${id} is at work.`);
  if (manifest.started_at === null && state !== 'finished') {
    await checkPlan(source, context);
    const apply = commandOn(source, 'apply', context);
    throw new CommandError(EXIT.refused, 'no_undo', `Run ${id} has sent nothing. Carry it out: ${apply}`, apply);
  }
  return state;
}
