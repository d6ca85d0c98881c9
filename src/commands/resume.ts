import { resolve } from 'node:path';
import { checkAccount } from '../app/account/check-account.ts';
import { rereadOrExit } from '../app/account/reread.ts';
import type { Context } from '../app/context.ts';
import { copyResults } from '../app/ending/write-results.ts';
import { CommandError, UsageError } from '../app/errors.ts';
import { print, printJson } from '../app/output.ts';
import { checkPlan } from '../app/planning/check-plan.ts';
import { printConfig } from '../app/print-config.ts';
import { checkOutputs } from '../app/run/create.ts';
import { isAtWork, lockAccount, lockRun, stateOf } from '../app/run/locks.ts';
import { commandOn, keptSettings, openRun, type Run } from '../app/run/open.ts';
import { newestToResume, successorText } from '../app/run/unfinished.ts';
import { requireKey, sendRows } from '../app/sending/confirm.ts';
import { resolveForCommand, resolveForRun, resolveLayers } from '../app/settings.ts';
import type { Summary } from '../core/results/summary.ts';
import { EXIT, exitName } from '../core/run/exit-codes.ts';
import { rawSettings } from '../core/settings/raw.ts';
import type { Layer, Resolved } from '../core/settings/resolve.ts';
import { type RawSettings, settingDefinition } from '../core/settings/schema.ts';
import { readJson, removeDrafts, runFiles } from '../io/run/directory.ts';

/** `resume [RUN_DIR]`: go on with an interrupted or paused run, the newest when none is named. Never asks. */
export async function resumeCommand(given: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  const run = given === undefined || given === '' ? await newest(flags, context) : openRun(given, context);
  const resolved = resolveForRun(flags, context, 'resume', run.manifest);
  if (resolved.settings.print_config) return printConfig(resolved, 'resume', context);
  checkOutputs(null, resolved, context);
  const ended = await nothingToResume(run, resolved, context);
  if (ended !== null) return ended;
  const key = requireKey(resolved, context);
  await lockAccount(key, `resume ${run.manifest.run_id}`, resolved.settings, context);
  return goOn(run, resolved, key, context);
}

async function newest(flags: RawSettings, context: Context): Promise<Run> {
  const { settings } = resolveForCommand(
    { ...(flags.runs_dir === undefined ? {} : { runs_dir: flags.runs_dir }) },
    context,
    'runs',
  );
  const run = await newestToResume(settings.runs_dir, context);
  if (run === null) throw new UsageError(`no run in ${settings.runs_dir} is interrupted or paused; see --runs-dir`);
  return run;
}

/** Says of a finished run that it is, and gives its exit code. Null where there is something to go on with. */
async function nothingToResume(run: Run, { settings }: Resolved, context: Context): Promise<number | null> {
  const { manifest, dir } = run;
  const { run_id: id, exit_code: exit } = manifest;
  const state = await stateOf(dir, manifest);
  const refuse = (code: string, message: string, command: string | null = null) =>
    new CommandError(EXIT.refused, code, `${message}${command ?? ''}`, command);
  if (state === 'finished') {
    const code = exit ?? EXIT.ok;
    if (settings.results !== null) copyResults(dir, resolve(context.cwd, settings.results));
    const summary = readJson(runFiles(dir).summary) as Summary | null;
    if (settings.json) {
      if (summary === null) printJson(context, code, { run_id: id, state });
      else print(context.stdout, `${JSON.stringify(summary)}\n`);
      return code;
    }
    const next = summary?.next_command ?? null;
    const text = `Run ${id} has finished with exit ${code} (${exitName(code)}): nothing is left to go on with.\n`;
    if (!settings.quiet || code !== EXIT.ok) print(context.stderr, `${text}${next === null ? '' : `Next: ${next}\n`}`);
    return code;
  }
  if (state === 'superseded') {
    const next = successorText(run, 'resume', context);
    throw refuse('superseded', `Run ${id} was given up for run ${manifest.superseded_by}.${next}`);
  }
  const apply = commandOn(run, 'apply', context);
  if (state === 'planned') throw refuse('not_begun', `Run ${id} was planned and not begun. Carry it out: `, apply);
  // A key that was refused before the first write: a run that was confirmed goes on, and of one without a plan that is said.
  const mayGoOn = exit === EXIT.preflight && (manifest.started_at !== null || manifest.plan === null);
  if (state === 'refused' && !mayGoOn) {
    throw refuse('not_begun', `Run ${id} was refused before anything was sent. Carry it out: `, apply);
  }
  return null;
}

/** Goes on with a run under the account's lock: takes its own, checks plan and account, sends what is left. */
async function goOn(opened: Run, resolved: Resolved, key: string | null, context: Context): Promise<number> {
  const { settings } = resolved;
  if (settings.no_lock && (await isAtWork(opened.dir, opened.manifest))) {
    throw new CommandError(
      EXIT.locked,
      'locked',
      `Run ${opened.manifest.run_id} is at work; no lock is needed to see that.`,
    );
  }
  const lock = await lockRun(opened.dir, `resume ${opened.manifest.run_id}`, settings, context);
  // Read again: while it was waited for the lock, its holder may have brought the run to its end.
  const { manifest } = openRun(opened.dir, context);
  const ended = await nothingToResume({ ...opened, manifest }, resolved, context);
  if (ended !== null) return ended;
  const run = { ...opened, manifest: { ...manifest, settings: keptSettings(resolved), locked: lock !== null } };
  await checkPlan(run, context);
  await checkAccount(run, resolved, key, context);
  if (lock !== null) removeDrafts(run.dir);
  const read = await rereadOrExit(run, resolved, key, context);
  if ('exit' in read) return read.exit;
  return sendRows(read.run, resolved, context, { key, warnings: manifest.warnings, live: read.live });
}

/**
 * Goes on with an unfinished run in place of a new one of the same input. Its own settings hold, but for those that
 * this call or its job file names and that do not belong to the plan.
 */
export async function resumeInstead(run: Run, given: Resolved, key: string | null, context: Context): Promise<number> {
  const { settings, sources } = given;
  const named = (name: keyof typeof sources) =>
    sources[name] !== 'default' && settingDefinition(name).belongsTo !== 'plan';
  const layers: Layer[] = [
    { source: 'flag', raw: rawSettings(settings, named, true) },
    { source: 'run', raw: run.manifest.settings },
  ];
  const resolved = resolveLayers(layers, 'run');
  if (!settings.quiet && !settings.json) {
    print(context.stderr, `Going on with run ${run.manifest.run_id} of the same input, which was not finished.\n`);
  }
  return goOn(run, resolved, key, context);
}
