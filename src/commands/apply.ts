import { resolve } from 'node:path';
import { checkAccount } from '../app/account/check-account.ts';
import { rereadAccount, rereadOrExit } from '../app/account/reread.ts';
import type { Context } from '../app/context.ts';
import { endRun } from '../app/ending/end-run.ts';
import { CommandError } from '../app/errors.ts';
import { print } from '../app/output.ts';
import { checkPlan } from '../app/planning/check-plan.ts';
import { findInput, requireInput } from '../app/planning/input-source.ts';
import { checkPlanAge } from '../app/planning/plan-age.ts';
import { preparePlan, refusalOf, refusedAsUnfinished } from '../app/planning/prepare.ts';
import { checkStrict, savedPlanText, showSavedPlan } from '../app/planning/saved-plan.ts';
import { printConfig } from '../app/print-config.ts';
import { checkOutputs } from '../app/run/create.ts';
import { lockAccount, lockRun, stateOf } from '../app/run/locks.ts';
import { commandOn, keptSettings, openRun, type Run } from '../app/run/open.ts';
import { sourceTakenOver, unfinishedLike } from '../app/run/unfinished.ts';
import { confirmAndSend, requireKey } from '../app/sending/confirm.ts';
import { resolveForCommand, resolveForRun } from '../app/settings.ts';
import { EXIT } from '../core/run/exit-codes.ts';
import type { Manifest } from '../core/run/manifest.ts';
import type { Resolved } from '../core/settings/resolve.ts';
import type { RawSettings } from '../core/settings/schema.ts';
import { commandLine } from '../core/text/shell.ts';
import { count } from '../core/text/text.ts';
import { isRunDirectory } from '../io/run/directory.ts';
import { planInput } from './plan.ts';
import { resumeInstead } from './resume.ts';

/** `apply INPUT`: make the plan and execute it. `apply RUN_DIR`: execute a saved plan. */
export async function applyCommand(input: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  if (flags.print_config !== undefined && (input === undefined || input === '')) {
    return printConfig(resolveForCommand(flags, context, 'apply'), 'apply', context);
  }
  const given = requireInput(input, 'apply');
  if (given !== '-' && isRunDirectory(resolve(context.cwd, given))) return applyRun(given, flags, context);
  const resolved = resolveForCommand(flags, context, 'apply');
  if (resolved.settings.print_config) return printConfig(resolved, 'apply', context);
  return applyInput(given, resolved, context, false);
}

/** From an input to its end. `neverAsk` is for jobs. */
export async function applyInput(
  input: string,
  resolved: Resolved,
  context: Context,
  neverAsk: boolean,
): Promise<number> {
  if (resolved.settings.dry_run) return planInput(input, resolved, context);
  const key = requireKey(resolved, context);
  const found = findInput(input, resolved, context);
  if ('exit' in found) return found.exit;
  await lockAccount(key, `apply ${input}`, resolved.settings, context);
  const begun = await preparePlan(found.origin, found.where, resolved, 'apply', key, context);
  if ('exit' in begun) return begun.exit;
  if ('instead' in begun) return resumeInstead(begun.instead, resolved, key, context);
  const { run, warnings, unfinished } = begun;
  return confirmAndSend(run, resolved, context, { key, neverAsk, warnings, supersedes: unfinished });
}

/** Throws CommandError (exit 8) where a run is not in a state that can be applied, with the command to use instead. */
async function checkState(run: Run, mine: boolean, context: Context): Promise<void> {
  const { run_id: id } = run.manifest;
  const state = await stateOf(run.dir, run.manifest, mine);
  const refuse = (message: string, next: string) =>
    new CommandError(EXIT.refused, 'not_planned', `${message}: ${next}`, next);
  // Of one without a plan it is said later that there is none, and how to make one.
  if (run.manifest.plan === null || state === 'planned' || state === 'refused') return;
  if (state === 'interrupted' || state === 'paused') {
    throw refuse(`Run ${id} was begun and is ${state}. Go on with it`, commandOn(run, 'resume', context));
  }
  const how = commandLine(context.program, 'results', run.shown);
  throw refuse(`Run ${id} is ${state}, and apply takes a planned one. See how it ended`, how);
}

/** The command that a saved plan belongs to, once it is carried out. */
function commandOf({ source }: Manifest): string {
  return source === null ? 'apply' : source.undo && source.only === '' ? 'undo' : 'retry';
}

async function applyRun(given: string, flags: RawSettings, context: Context): Promise<number> {
  const loaded = openRun(given, context);
  const resolved = resolveForRun(flags, context, 'apply', loaded.manifest);
  const { settings } = resolved;
  if (settings.print_config) return printConfig(resolved, 'apply', context);
  checkOutputs(null, resolved, context);
  const offline = loaded.manifest.settings.offline === 'true';
  const key = settings.dry_run && offline ? null : requireKey(resolved, context);
  const what = `apply ${loaded.manifest.run_id}`;
  await lockAccount(settings.dry_run ? null : key, what, settings, context);
  const lock = settings.dry_run ? null : await lockRun(loaded.dir, what, settings, context);
  // What was given anew belongs to the run from now on, and to the commands that it prints.
  const manifest = { ...openRun(given, context).manifest, settings: keptSettings(resolved), locked: lock !== null };
  const run = { ...loaded, manifest };
  await checkState(run, lock !== null, context);
  await checkPlan(run, context);
  const { rejected, change } = manifest.plan as { rejected: number; change: number };
  const { rows } = manifest.input;
  const { warnings } = manifest;
  const end = (finish: Parameters<typeof endRun>[1]) => endRun(run, finish, resolved, context, warnings);
  if (rejected > 0 && !settings.skip_rejected) {
    const message = `${count(rejected, 'row')} rejected; nothing was sent`;
    if (settings.dry_run) throw new CommandError(EXIT.input, 'rejected_rows', message);
    return end({ exit: EXIT.input, state: 'refused', error: { code: 'rejected_rows', message } });
  }
  checkPlanAge(run, settings, context);
  const refusal = refusalOf('the plan', { rows, change }, settings);
  if (refusal !== null) {
    if (!settings.dry_run) return end(refusal);
    throw new CommandError(refusal.exit, refusal.error?.code ?? '', refusal.error?.message ?? '');
  }
  checkStrict(run, resolved, context);
  if (settings.dry_run) {
    const { live } = await rereadAccount(run, resolved, key, context, false);
    return showSavedPlan(run, resolved, live, context);
  }
  const unfinished = await unfinishedLike(run, context);
  const takenOver = await sourceTakenOver(run, context);
  const instead = unfinished.at(-1);
  if (instead !== undefined && settings.if_unfinished === 'resume') {
    lock?.release();
    return resumeInstead(instead, resolved, key, context);
  }
  if (instead !== undefined && settings.if_unfinished === 'refuse') {
    return end(refusedAsUnfinished(run, unfinished, resolved, context));
  }
  await checkAccount(run, resolved, key, context);
  const read = await rereadOrExit(run, resolved, key, context);
  if ('exit' in read) return read.exit;
  const { run: seen, live } = read;
  const { text, sent } = await savedPlanText(seen, resolved, live, context);
  if (!settings.quiet && !settings.json) print(context.stderr, text);
  const applied = { ...seen, manifest: { ...seen.manifest, command: commandOf(manifest) } };
  return confirmAndSend(applied, resolved, context, {
    key,
    neverAsk: false,
    warnings,
    live,
    toSend: sent,
    supersedes: [...unfinished, ...takenOver],
  });
}
