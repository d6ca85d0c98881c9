import type { Command } from '../../app/invocation.ts';
import { printConfig } from '../../app/print-config.ts';
import { resolveForCommand } from '../../app/settings.ts';

/** `worker`: carries out runs that were handed over to a queue, until a signal ends it. */
export const workerCommand: Command = async (_, flags, context) => {
  const invocation = resolveForCommand(flags, context, 'worker');
  if (invocation.settings.print_config) return printConfig(invocation, 'worker');
  const { serveAccounts } = await import('../../app/worker/serve.ts');
  return serveAccounts(invocation);
};
