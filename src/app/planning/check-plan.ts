import { baseUrlFlags, planAgain } from '../../core/followup/next-command.ts';
import { entryProblem } from '../../core/plan/check-entry.ts';
import type { Action } from '../../core/plan/entry.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { DAY_MS, formatDuration } from '../../core/text/duration.ts';
import { commandLine } from '../../core/text/shell.ts';
import { visible } from '../../core/text/visible.ts';
import { fileSha256 } from '../../io/digest.ts';
import { isAbsent } from '../../io/file-status.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import type { Context } from '../context.ts';
import { CommandError, fileError } from '../errors.ts';
import { commandOn, type Run } from '../run/open.ts';

type AgeSettings = Pick<Settings, 'max_plan_age'>;

/** The counts that run.json has of a plan. */
type PlanCounts = { rows: number } & Record<Action, number>;

/** What in plan.csv is not what this program writes, or not what run.json says of it; null if all is well. */
async function comparePlan(path: string, said: PlanCounts): Promise<string | null> {
  const counts: PlanCounts = { rows: 0, change: 0, unchanged: 0, rejected: 0, duplicate: 0, held: 0 };
  for await (const batch of readPlan(path)) {
    for (const entry of batch) {
      counts.rows += 1;
      const problem = entryProblem(entry, counts.rows);
      if (problem !== null) return problem;
      counts[entry.action] += 1;
    }
  }
  const other = (Object.keys(counts) as (keyof PlanCounts)[]).find((name) => counts[name] !== said[name]);
  if (other === undefined) return null;
  return `run.json counts ${said[other]} (${other}), and plan.csv has ${counts[other]}`;
}

/** How a run whose plan cannot be used is refused, with the command that plans again. */
function refusalOf(run: Run, context: Context) {
  const command = planAgain(run.manifest, context.program);
  return (code: string, message: string, how = 'Plan again') => {
    const next = command === null ? '' : ` ${how}: ${command}`;
    return new CommandError(EXIT.refused, code, `${message}${next}`, command);
  };
}

/** The SHA-256 of a file of a run; '' if it is not there. */
async function sha256Of(path: string): Promise<string> {
  try {
    return await fileSha256(path);
  } catch (error) {
    if (isAbsent(error)) return '';
    throw fileError(`read ${path}`, error);
  }
}

/** The name of the file of a plan that is not the one whose digest this command has; null if all are. */
export async function changedFile({ dir, manifest: { plan, input } }: Run): Promise<string | null> {
  const files = runFiles(dir);
  if ((await sha256Of(files.plan)) !== plan?.sha256) return 'plan.csv';
  return (await sha256Of(files.input)) === input.sha256 ? null : 'input.csv';
}

/** Throws CommandError (exit 8) if a file of the plan has changed, also since it was checked: a question may wait for hours. */
export async function checkPlanFiles(run: Run, context: Context): Promise<void> {
  const name = await changedFile(run);
  if (name === null) return;
  const message = `${name} in ${visible(run.shown)} is not what was planned, so nothing was sent.`;
  throw refusalOf(run, context)('plan_changed', message);
}

/**
 * Returns the plan of a run. Throws CommandError (exit 8), with the command that plans again, if there is none or its
 * files have changed.
 */
export async function checkPlan(run: Run, context: Context): Promise<NonNullable<Manifest['plan']>> {
  const { state, plan, fault: refusedFor, input, run_id: id, exit_code: exit } = run.manifest;
  const refuse = refusalOf(run, context);
  if (plan === null && exit === EXIT.preflight) {
    throw refuse('no_plan', `Run ${id} has no plan: the account could not be read for it.`);
  }
  if (state === 'planning' || (plan === null && refusedFor === null)) {
    throw refuse('no_plan', `Run ${id} ended while it was planning, and nothing was sent.`, 'Start again');
  }
  if (plan === null) throw refuse('no_plan', `Run ${id} has no plan: its input was refused. Fix that first.`);
  await checkPlanFiles(run, context);
  const differs = await comparePlan(runFiles(run.dir).plan, { rows: input.rows, ...plan });
  if (differs === null) return plan;
  const message = `plan.csv in ${visible(run.shown)} is not a plan of this program, so nothing was sent: ${differs}.`;
  throw refuse('plan_changed', message);
}

/** Throws CommandError (exit 8) if the plan of a run is not the one that --expect-plan names. Call checkPlan first. */
export function checkExpected(run: Run, { expect_plan: expected }: Settings, context: Context): void {
  const found = run.manifest.plan?.sha256 ?? '';
  if (expected === null || expected === found) return;
  // A plan that has been started cannot be shown by apply.
  const isStarted = run.manifest.started_at !== null;
  const flags = [...baseUrlFlags(run.manifest.settings), '--dry-run'];
  const look = isStarted ? null : commandLine(context.program, 'apply', run.shown, ...flags);
  const again = planAgain(run.manifest, context.program);
  // Two that begin alike, as after a slip in typing, are shown whole.
  const shown = (digest: string) =>
    found.slice(0, 12) === expected.slice(0, 12) ? digest : `${digest.slice(0, 12)}...`;
  const what = `The plan in ${visible(run.shown)} has the digest ${shown(found)}, and --expect-plan asks for ${shown(expected)}: it is not the plan that was approved, so nothing was sent.`;
  const ways = [look === null ? '' : `\n  Look at it:   ${look}`, again === null ? '' : `\n  Plan again:   ${again}`];
  throw new CommandError(EXIT.refused, 'other_plan', `${what}${ways.join('')}`, look ?? again);
}

/** How to execute a run that has sent nothing: rows that were rejected must be fixed first. */
export function wayToExecute(run: Run, context: Context): { text: string; next: string } {
  const apply = commandOn(run, 'apply', context);
  if (run.manifest.exit_code !== EXIT.input) return { text: `Execute it: ${apply}`, next: apply };
  const again = planAgain(run.manifest, context.program) ?? commandOn(run, 'apply', context, '--skip-rejected');
  return { text: `Fix its rejected rows first. Plan again: ${again}`, next: again };
}

/** How old a plan may be when it is executed: as --max-plan-age says, else 7 days, or 1 day if it was made offline. */
export function maxPlanAgeMs({ manifest }: Pick<Run, 'manifest'>, { max_plan_age: ageMs }: AgeSettings): number {
  return ageMs ?? (manifest.settings.offline === 'true' ? DAY_MS : 7 * DAY_MS);
}

function plannedAt({ manifest }: Run): number {
  return Date.parse(manifest.plan?.at || manifest.created_at);
}

/** Until when the saved plan of a run may be executed, in ms since 1970. */
export function validUntil(run: Run, settings: AgeSettings): number {
  return plannedAt(run) + maxPlanAgeMs(run, settings);
}

/** Throws CommandError (exit 8) if the saved plan of a run is too old to be executed. */
export function checkPlanAge(run: Run, settings: AgeSettings, context: Context): void {
  const ageMs = Date.now() - plannedAt(run);
  const maxAgeMs = maxPlanAgeMs(run, settings);
  if (ageMs <= maxAgeMs) return;
  const again = planAgain(run.manifest, context.program);
  const next = again === null ? '' : ` Plan again: ${again}`;
  const text = `The plan of run ${run.manifest.run_id} is ${formatDuration(ageMs)} old, and --max-plan-age allows ${formatDuration(maxAgeMs)}: nothing was sent.${next}`;
  throw new CommandError(EXIT.refused, 'stale_plan', text, again);
}
