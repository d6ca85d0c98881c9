import type { RejectionCode } from '../../core/input/rejection.ts';
import type { Action } from '../../core/plan/entry.ts';
import { planExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { limitText } from '../../core/settings/raw.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { count, quoted, thousands } from '../../core/text/text.ts';
import { checkOrdersOf } from '../ending/open-orders.ts';
import { type FailedEnding, type RunEnding, refusal } from '../ending/run-ending.ts';
import type { Reporting } from '../invocation.ts';
import { commandOn, queueFlags, type Run, typedPath } from '../run/open.ts';
import { hasOtherInput, hasOtherTargets } from '../run/unfinished.ts';
import type { PlannedRun } from './plan-run.ts';

/** Refuses an input with fewer rows than --min-rows. */
export function checkMinRows(where: string, rows: number, settings: Settings): FailedEnding | null {
  if (rows >= settings.min_rows) return null;
  return refusal('min_rows', `${where} has ${count(rows, 'data row')}, fewer than --min-rows ${settings.min_rows}`);
}

/** Why a target profile cannot take any row. */
const OF_PROFILES: readonly RejectionCode[] = ['unknown_profile', 'profile_disabled', 'ambiguous_profile_name'];

/** Refuses a plan with rejected rows, unless --skip-rejected. */
export function checkRejected({ run, preview }: PlannedRun, where: string, { settings }: Reporting): RunEnding | null {
  const { rejected, held } = preview.actions;
  const ending = planExit(rejected, settings.skip_rejected, held);
  if (ending.exit !== EXIT.input) return null;
  const isGiven = settings.to_profile !== null && run.manifest.source === null;
  const ofTarget = isGiven ? preview.rejections().find(({ reason }) => OF_PROFILES.some((of) => of === reason)) : null;
  // No row has to be fixed then, but the flag that is the target of all.
  if (ofTarget) {
    const message = `--to-profile ${quoted(settings.to_profile as string)}: ${ofTarget.note}; nothing was sent`;
    return { ...ending, error: { code: 'rejected_target', message } };
  }
  // Of a retry it begins with a count itself.
  const of = run.manifest.source === null ? where : `the ${where}`;
  const message = `${count(rejected, 'row')} of ${of} rejected; nothing was sent`;
  return { ...ending, error: { code: 'rejected_rows', message } };
}

/** How many rows an input has, and what its plan does with them. */
type PlanCounts = { rows: number } & Record<Action, number>;

/** Refuses a plan, of an input or saved; null if it may be sent. */
type PlanGuard = (counts: PlanCounts, settings: Settings) => FailedEnding | null;

/** Refuses a plan that changes more rows than --max-changes. */
const checkMaxChanges: PlanGuard = ({ change, rows }, { max_changes: most }) => {
  if (most === null) return null;
  const isOver = most.percent ? change * 100 > most.value * rows : change > most.value;
  if (!isOver) return null;
  const what = `${count(change, 'row')} of ${thousands(rows)} would change`;
  return refusal('max_changes', `${what}, more than --max-changes ${limitText(most)}; nothing was sent`);
};

/** Every guard of the counts of a plan. The first one that refuses counts. */
const PLAN_GUARDS: readonly PlanGuard[] = [checkMaxChanges];

/** Refuses a plan for its counts, before anything is sent. */
export function checkPlanGuards(counts: PlanCounts, settings: Settings): FailedEnding | null {
  for (const check of PLAN_GUARDS) {
    const refused = check(counts, settings);
    if (refused !== null) return refused;
  }
  return null;
}

/** Refuses a plan with warnings if --strict makes errors of them. */
export function checkStrict(warnings: readonly string[], { strict }: Settings): FailedEnding | null {
  if (!strict || warnings.length === 0) return null;
  const what = count(warnings.length, 'warning');
  return refusal('strict', `${what}, and --strict treats warnings as errors; nothing was sent`);
}

/**
 * Refuses to start a run while an earlier one of the same input is unfinished, unless --if-unfinished allows it. If the
 * input has changed since, `resume` is refused too: it would send the rows of the earlier file. Nothing allows it while
 * a bulk order of such a run may still move numbers.
 */
export async function checkUnfinished(
  run: Run,
  unfinished: readonly Run[],
  { settings, context }: Reporting,
): Promise<FailedEnding | null> {
  const last = unfinished.at(-1);
  const { if_unfinished: how } = settings;
  if (last === undefined) return null;
  const waits = await checkOrdersOf(unfinished, context);
  if (how === 'new') return waits;
  const isOther = hasOtherInput(run, last, context);
  if (how === 'resume' && !isOther) return null;
  const queue = queueFlags({ settings, context });
  const skip = settings.skip_rejected ? ['--skip-rejected'] : [];
  const startAgain = commandOn(run, 'apply', context, '--if-unfinished', 'new', ...queue, ...skip);
  const { run_id: id, stop, input } = last.manifest;
  const file = input.path === null ? 'the input' : typedPath(context, input.path);
  const hasOthers = hasOtherTargets(run, last);
  const changed = hasOthers ? '--to-profile or --to-product' : file;
  const what = isOther
    ? `${id} was not finished, and ${changed} has changed since`
    : `${id} of the same input was not finished`;
  const refuse = (text: string, next: string) => {
    const start =
      waits === null
        ? `Start again:  ${startAgain}`
        : 'Only then may another run start: a bulk order of it may still move numbers.';
    const message = `Run ${what}, so nothing was sent.${text}\n  ${start}`;
    return { ...refusal(isOther ? 'input_changed' : 'unfinished', message, `run ${what}`), next };
  };
  if (waits !== null && stop?.reason === 'phone_number_mismatch') return waits;
  // A run that met wrong numbers must not be resumed: the file has to be fixed first.
  if (stop?.reason === 'phone_number_mismatch') {
    const fix = isOther ? '' : ': fix the file first';
    return refuse(` It stopped because phone numbers did not belong to their ids${fix}.`, startAgain);
  }
  const resume = commandOn(last, 'resume', context, ...(last.manifest.queue === null ? queue : []));
  const earlier = hasOthers ? 'its rows to the earlier targets' : 'the rows of the earlier file';
  const warning = isOther ? ` Going on with that run sends ${earlier}.` : '';
  return refuse(`${warning}\n  Resume it:    ${resume}`, isOther && waits === null ? startAgain : resume);
}
