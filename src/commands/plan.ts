import type { Context } from '../app/context.ts';
import { findInput, requireInput } from '../app/planning/input-source.ts';
import { preparePlan } from '../app/planning/prepare.ts';
import { printConfig } from '../app/print-config.ts';
import { requireKey } from '../app/sending/confirm.ts';
import { resolveForCommand } from '../app/settings.ts';
import { EXIT } from '../core/run/exit-codes.ts';
import type { Resolved } from '../core/settings/resolve.ts';
import type { RawSettings } from '../core/settings/schema.ts';

/** `plan INPUT`: check every row, show what would be sent, save the plan. Never writes to the account. */
export async function planCommand(input: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  const resolved = resolveForCommand(flags, context, 'plan');
  if (resolved.settings.print_config) return printConfig(resolved, 'plan', context);
  return planInput(requireInput(input, 'plan'), resolved, context);
}

/** Plans an input, for `plan`, `--dry-run` and jobs that plan. Gives the exit code. */
export async function planInput(input: string, resolved: Resolved, context: Context): Promise<number> {
  const key = resolved.settings.offline ? null : requireKey(resolved, context);
  const found = findInput(input, resolved, context);
  if ('exit' in found) return found.exit;
  const begun = await preparePlan(found.origin, found.where, resolved, 'plan', key, context);
  return 'exit' in begun ? begun.exit : EXIT.ok;
}
