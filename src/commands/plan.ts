import { EXIT } from '../core/exit-codes.ts';
import type { Resolved, Typed } from '../core/resolve-settings.ts';
import { begin } from './begin.ts';
import type { Context } from './context.ts';
import { requireKey } from './go-ahead.ts';
import { printConfig } from './print-config.ts';
import { findInput, requireInput } from './require-input.ts';
import { settle } from './settled.ts';

/** `plan INPUT`: check every row, show what would be sent, save the plan. Never writes to the account. */
export async function planCommand(input: string | undefined, flags: Typed, context: Context): Promise<number> {
  const resolved = settle(flags, context, 'plan');
  if (resolved.settings.print_config) return printConfig(resolved, 'plan', context);
  return planInput(requireInput(input, 'plan'), resolved, context);
}

/** Plans an input, for `plan`, `--dry-run` and jobs that plan. Gives the exit code. */
export async function planInput(input: string, resolved: Resolved, context: Context): Promise<number> {
  const key = resolved.settings.offline ? null : requireKey(resolved, context);
  const found = findInput(input, resolved, context);
  if ('exit' in found) return found.exit;
  const begun = await begin(found.origin, found.where, resolved, 'plan', key, context);
  return 'exit' in begun ? begun.exit : EXIT.ok;
}
