import { retryRun } from '../app/followup/retry.ts';
import type { Command } from '../app/invocation.ts';
import { printConfig } from '../app/print-config.ts';
import { requireRun } from '../app/run/open.ts';
import { resolveForNewRun } from '../app/settings.ts';

/** `retry RUN_DIR`: a new run of the rows that have not reached their target. */
export const retryCommand: Command = async (given, flags, context) => {
  const run = requireRun(given, 'retry', context);
  const invocation = resolveForNewRun(flags, context, 'retry', run);
  if (invocation.settings.print_config) return printConfig(invocation, 'retry');
  return retryRun(run, invocation);
};
