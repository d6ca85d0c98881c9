import type { Command } from '../app/invocation.ts';
import { requireInput } from '../app/planning/input-source.ts';
import { planInput } from '../app/planning/prepare.ts';
import { printConfig } from '../app/print-config.ts';
import { resolveForCommand } from '../app/settings.ts';

/** `plan INPUT`: checks every row, shows what would be sent, saves the plan. Never writes to the account. */
export const planCommand: Command = async (input, flags, context) => {
  const invocation = resolveForCommand(flags, context, 'plan');
  if (invocation.settings.print_config) return printConfig(invocation, 'plan');
  return planInput(requireInput(input, 'plan', invocation.settings), invocation);
};
