import { dirname } from 'node:path';
import { openOrdersClause } from '../../core/ledger/order-text.ts';
import type { LedgerIndex } from '../../core/ledger/replay.ts';
import type { Summary } from '../../core/results/summary.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { type Resolved, resolveSettings } from '../../core/settings/resolve.ts';
import { SETTING_NAMES, type SettingName, type Settings, settingDefinition } from '../../core/settings/schema.ts';
import { commandLine } from '../../core/text/shell.ts';
import { visible } from '../../core/text/visible.ts';
import { readJson, runFiles } from '../../io/run/directory.ts';
import { canAskLater } from '../context.ts';
import type { Undone } from '../ending/end-run.ts';
import { afterOrders } from '../ending/open-orders.ts';
import { CommandError } from '../errors.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { printProgress } from '../output.ts';
import { preparePlan } from '../planning/prepare.ts';
import { undoInput } from '../planning/undo-input.ts';
import { checkedLedger } from '../run/ledger-index.ts';
import { openRun, type Run } from '../run/open.ts';
import { confirmAndSend } from './confirm.ts';

/** Settings of the call that are about the run that failed. Its undo does not wait to read campaigns. */
const OF_THE_RUN: ReadonlySet<SettingName> = new Set([
  'campaigns',
  ...(['results', 'name', 'keep_runs', 'force', 'dry_run', 'stop_after', 'finish_by', 'detailed_exitcode'] as const),
]);

/** The settings of the undo: those of the run, as the command `undo RUN_DIR --yes` would have them. */
function settingsOfUndo(run: Run, settings: Settings): Settings {
  const defaults = (resolveSettings([], 'undo') as Resolved).settings;
  const isDropped = (name: SettingName) =>
    OF_THE_RUN.has(name) || settingDefinition(name).droppedBy?.includes('undo') === true;
  const kept = Object.fromEntries(SETTING_NAMES.map((name) => [name, (isDropped(name) ? defaults : settings)[name]]));
  return {
    ...(kept as Settings),
    yes: true,
    allow_unassign: true,
    runs_dir: dirname(run.dir),
    // Standard output has one object, that of the run.
    ...(settings.json ? { json: false, quiet: true } : {}),
  };
}

/** Plans and sends the undo. `onMade` gets its directory as soon as it is there. */
async function sendUndo(
  run: Run,
  index: LedgerIndex,
  given: KeyedInvocation,
  onMade: (dir: string) => void,
): Promise<number> {
  // The flag of the failed command asked for orders, and they have failed.
  const invocation = afterOrders({ ...given, sources: { ...given.sources, bulk: 'run' } }, index);
  const input = undoInput(run, index, invocation);
  const source = {
    ...input,
    copy(dir: string, signal: AbortSignal) {
      onMade(dir);
      return input.copy(dir, signal);
    },
  };
  const prepared = await preparePlan(source, 'undo', invocation);
  if ('instead' in prepared) return EXIT.ok;
  if ('exit' in prepared) return prepared.exit;
  return confirmAndSend(prepared.run, invocation, { supersedes: [run], undo: undoFailure });
}

/**
 * --undo-on-failure: undoes what a run has changed, in this process and under its locks. Never throws: how an undo has
 * failed stands in the summary.
 */
export async function undoFailure(run: Run, given: KeyedInvocation): Promise<Undone> {
  const { context, settings } = given;
  // The messages and metrics of this command are about the run that failed.
  const quiet = { ...context, messages: null, listeners: [] };
  const invocation = { ...given, context: quiet, settings: settingsOfUndo(run, settings) };
  const undo = commandLine(context.program, 'undo', run.shown, ...(canAskLater(context) ? [] : ['--yes']));
  printProgress(given, `\nUndoing what run ${run.manifest.run_id} has changed (--undo-on-failure)\n`);
  let dir: string | null = null;
  try {
    const index = await checkedLedger(run);
    const waits = openOrdersClause(index.orders);
    if (waits !== '') {
      // It also raises the limit that has stopped the run.
      const { next_command: next } = readJson(runFiles(run.dir).summary) as Summary;
      return { run_id: null, dir, exit_code: EXIT.refused, state: null, next_command: next, message: waits };
    }
    const exit = await sendUndo(run, index, invocation, (made) => {
      dir = made;
    });
    if (dir === null) return { run_id: null, dir: null, exit_code: exit, state: null, next_command: undo };
    const { manifest, shown } = openRun(dir, context);
    const summary = readJson(runFiles(dir).summary) as Summary | null;
    // One that could not start is planned again. That was consented to, unlike what its own summary names.
    const isUnstarted = manifest.started_at === null && manifest.state !== 'finished';
    const next = summary === null || isUnstarted ? undo : summary.next_command;
    return { run_id: manifest.run_id, dir: shown, exit_code: exit, state: manifest.state, next_command: next };
  } catch (error) {
    const exit = error instanceof CommandError ? error.exit : EXIT.internal;
    const message = visible((error as Error).message);
    return { run_id: null, dir, exit_code: exit, state: null, next_command: undo, message };
  }
}
