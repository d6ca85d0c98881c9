import type { Summary } from '../../core/results/summary.ts';
import { EXIT, exitName } from '../../core/run/exit-codes.ts';
import { rawSettings, recordedSettings } from '../../core/settings/raw.ts';
import type { Layer } from '../../core/settings/resolve.ts';
import { settingDefinition } from '../../core/settings/schema.ts';
import { readJson, removeDrafts, runFiles } from '../../io/run/directory.ts';
import { checkAccount } from '../account/check-account.ts';
import { withKey } from '../account/connect.ts';
import { rereadOrExit } from '../account/reread.ts';
import { deliverResults } from '../ending/deliver-results.ts';
import { checkNotForWorkers } from '../ending/open-orders.ts';
import { CommandError } from '../errors.ts';
import { attach } from '../handover/attach.ts';
import type { Invocation, KeyedInvocation, Reporting } from '../invocation.ts';
import { print, printJson, printJsonLine, printProgress, warnAlways } from '../output.ts';
import { checkExpected, checkPlan, wayToExecute } from '../planning/check-plan.ts';
import { checkGate } from '../planning/consented-gate.ts';
import { lockAccount } from '../run/account-lock.ts';
import { checkedLedger } from '../run/ledger-index.ts';
import { isAtWork, lockRun, stateOf } from '../run/locks.ts';
import { commandOn, handedOver, keptSettings, openRun, queueFlags, type Run, recordedNext } from '../run/open.ts';
import { checkOutputs } from '../run/outputs.ts';
import { successorText } from '../run/unfinished.ts';
import { resolveLayers } from '../settings.ts';
import { sendRows } from './send-rows.ts';
import { undoFailure } from './undo-failure.ts';

/** Says that a run has finished. Returns its exit code. */
async function reportFinished(run: Run, { settings, context }: Reporting): Promise<number> {
  const { manifest, dir } = run;
  const { run_id: id, exit_code: exit, state } = manifest;
  const undelivered = await deliverResults(run, { settings, context });
  if (undelivered !== null) warnAlways({ settings, context }, undelivered.message);
  const code = Math.max(exit ?? EXIT.ok, undelivered === null ? EXIT.ok : EXIT.internal);
  const summary = readJson(runFiles(dir).summary) as Summary | null;
  if (settings.json) {
    if (summary === null) printJson(context, code, { run_id: id, state });
    else printJsonLine(context, { ...summary, exit_code: code, exit_name: exitName(code) });
  } else if (!settings.quiet || code !== EXIT.ok) {
    const next = recordedNext(run, summary, context);
    const text = `Run ${id} has finished with exit ${code} (${exitName(code)}): nothing is left to resume.\n`;
    print(context.stderr, `${text}${next === null ? '' : `Next: ${next}\n`}`);
  }
  return code;
}

/** Returns the exit code of a finished run, or null. Throws CommandError (exit 8) if the run cannot be resumed. */
async function nothingToResume(run: Run, reporting: Reporting): Promise<number | null> {
  const { manifest, dir } = run;
  const { run_id: id, exit_code: exit } = manifest;
  const { context } = reporting;
  const state = await stateOf(dir, manifest);
  if (state === 'finished') return reportFinished(run, reporting);
  if (state === 'superseded') {
    const message = `Run ${id} was superseded by run ${manifest.superseded_by}.`;
    throw new CommandError(EXIT.refused, 'superseded', `${message}${successorText(run, 'resume', context)}`);
  }
  // A confirmed run whose key was refused before the first write can be resumed. Without a plan, checkPlan refuses it.
  const isResumable = exit === EXIT.preflight && (manifest.started_at !== null || manifest.plan === null);
  // Nothing of it was confirmed, whatever its state says: run.json may come from elsewhere.
  const isUnconfirmed = manifest.started_at === null && manifest.plan !== null;
  if (!isUnconfirmed && state !== 'planned' && (state !== 'refused' || isResumable)) return null;
  const { text, next } = wayToExecute(run, context);
  const what = state === 'planned' ? 'is planned and has not started' : `was ${state} before anything was sent`;
  throw new CommandError(EXIT.refused, 'not_begun', `Run ${id} ${what}. ${text}`, next);
}

/** Continues a run under the account's lock: takes its own, checks plan and account, sends what is left. */
async function continueRun(opened: Run, invocation: KeyedInvocation): Promise<number> {
  const { settings, context } = invocation;
  const { run_id: id } = opened.manifest;
  if (settings.no_lock && (await isAtWork(opened.dir, opened.manifest))) {
    const message = `Run ${id} is at work. --no-lock does not let two processes work on one run.`;
    throw new CommandError(EXIT.locked, 'locked', message);
  }
  const lock = await lockRun(opened.dir, { settings, context, what: `resume ${id}` });
  // Read again: the holder of the lock may have finished the run.
  const { manifest } = openRun(opened.dir, context);
  const atWorkers = handedOver({ ...opened, manifest }, context);
  if (atWorkers !== null) throw atWorkers;
  const exit = await nothingToResume({ ...opened, manifest }, invocation);
  if (exit !== null) return exit;
  const kept = { ...manifest, settings: keptSettings(invocation), locked: lock !== null };
  const run = { ...opened, manifest: kept, expected: settings.expect_plan };
  checkGate(run, invocation);
  await checkPlan(run, context);
  checkExpected(run, settings, context);
  checkNotForWorkers(run, await checkedLedger(run), invocation);
  const checked = await checkAccount(run, invocation);
  if (lock !== null) removeDrafts(run.dir);
  const reread = await rereadOrExit(checked, invocation);
  if ('exit' in reread) return reread.exit;
  return sendRows(reread.run, invocation, { reread: reread.reread, undo: undoFailure });
}

/** `resume`: continues an interrupted or paused run. Never asks. Returns the exit code. */
export async function resumeRun(opened: Run, invocation: Invocation): Promise<number> {
  checkOutputs({ run: opened }, invocation);
  const { settings, context } = invocation;
  // If workers have its rows, only the digest tells which plan they have.
  if (opened.manifest.queue !== null) checkExpected(opened, settings, context);
  return attachOrContinue({ ...opened, expected: settings.expect_plan }, invocation);
}

/** Follows a run that workers have. Continues any other. */
async function attachOrContinue(opened: Run, invocation: Invocation): Promise<number> {
  const attached = await attach(opened, invocation);
  if ('exit' in attached) return attached.exit;
  const { run } = attached;
  const exit = await nothingToResume(run, invocation);
  if (exit !== null) return exit;
  const keyed = await lockAccount(withKey(invocation), `resume ${run.manifest.run_id}`);
  if (keyed.held === undefined || !('refused' in keyed.held)) return continueRun(run, keyed);
  const { exit: code, code: name, message } = keyed.held.refused;
  const { settings, context } = invocation;
  // Without this flag the queue would be refused.
  const bulk = run.manifest.settings.bulk === 'auto' && settings.queue !== null ? ['--bulk', settings.bulk] : [];
  const next = commandOn(run, 'resume', context, ...queueFlags(invocation), ...bulk);
  throw new CommandError(code, name, `${message} Nothing was handed over. Try again: ${next}`, next);
}

/** Continues an unfinished run of the same input in place of a new one. Settings of this call replace its own. */
export async function resumeInstead(run: Run, given: KeyedInvocation): Promise<number> {
  const { settings, sources } = given;
  const isNamed = (name: keyof typeof sources) =>
    sources[name] !== 'default' &&
    settingDefinition(name).belongsTo !== 'plan' &&
    settingDefinition(name).scopes.includes('resume');
  const ofThisCall: Layer = { source: 'flag', raw: rawSettings(settings, isNamed, true) };
  const resolved = resolveLayers([ofThisCall, { source: 'run', raw: recordedSettings(run.manifest.settings) }], 'run');
  printProgress(given, `Resuming run ${run.manifest.run_id} of the same input, which was not finished.\n`);
  const invocation = { ...given, ...resolved };
  if (run.manifest.queue === null) return continueRun(run, invocation);
  // Or its worker could not have the account.
  if (given.held !== undefined && 'release' in given.held) await given.held.release(0);
  return attachOrContinue(run, invocation);
}
