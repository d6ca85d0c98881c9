import type { Typed } from '../core/resolve-settings.ts';
import { begin } from './begin.ts';
import type { Context } from './context.ts';
import { printConfig } from './print-config.ts';
import { requireInput } from './require-input.ts';
import { settle } from './settled.ts';

/** `plan INPUT`: check every row, show what would be sent, save the plan. Never writes to the account. */
export async function planCommand(input: string | undefined, flags: Typed, context: Context): Promise<number> {
  const resolved = settle(flags, context, 'plan');
  if (resolved.settings.print_config) return printConfig(resolved, context);
  const begun = await begin(requireInput(input, 'plan'), resolved, 'plan', context);
  return 'exit' in begun ? begun.exit : 0;
}
