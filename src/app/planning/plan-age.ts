import { planAgain } from '../../core/followup/next-command.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { formatDuration } from '../../core/text/duration.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import type { Run } from '../run/open.ts';

const DAY_MS = 86_400_000;

/** How old a plan may be when it is carried out, in ms: as --max-plan-age says, else 7 days, and a day if made offline. */
export function planAgeOf(
  { settings: kept }: Manifest,
  { max_plan_age: most }: Pick<Settings, 'max_plan_age'>,
): number {
  return most ?? (kept.offline === 'true' ? DAY_MS : 7 * DAY_MS);
}

/** Until when the saved plan of a run may be carried out: ms since 1970. */
export function validUntil({ manifest }: Run, settings: Pick<Settings, 'max_plan_age'>): number {
  return Date.parse(manifest.plan?.at || manifest.created_at) + planAgeOf(manifest, settings);
}

/** Throws CommandError (exit 8) where the saved plan of a run is too old to be carried out. */
export function checkPlanAge(run: Run, settings: Pick<Settings, 'max_plan_age'>, context: Context): void {
  const { manifest } = run;
  const at = Date.parse(manifest.plan?.at || manifest.created_at);
  const age = Date.now() - at;
  const most = planAgeOf(manifest, settings);
  if (age <= most) return;
  const again = planAgain(manifest, context.program);
  const next = again === null ? '' : ` Plan again: ${again}`;
  const text = `The plan of run ${manifest.run_id} is ${formatDuration(age)} old, and may be ${formatDuration(most)} (--max-plan-age): nothing was sent.${next}`;
  throw new CommandError(EXIT.refused, 'stale_plan', text, again);
}
