import { exportAccount } from '../app/export/export.ts';
import type { Command } from '../app/invocation.ts';
import { printConfig } from '../app/print-config.ts';
import { resolveForCommand } from '../app/settings.ts';

/** `export [FILE]`: writes the numbers of the account as an input for `apply`. Sends nothing. */
export const exportCommand: Command = async (file, flags, context) => {
  const invocation = resolveForCommand(flags, context, 'export');
  return invocation.settings.print_config ? printConfig(invocation, 'export') : exportAccount(file, invocation);
};
