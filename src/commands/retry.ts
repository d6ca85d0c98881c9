import type { Context } from '../app/context.ts';
import { retryRun } from '../app/followup/retry.ts';
import { printConfig } from '../app/print-config.ts';
import { requireRun } from '../app/run/open.ts';
import { resolveForNewRun } from '../app/settings.ts';
import type { RawSettings } from '../core/settings/schema.ts';

/** `retry RUN_DIR`: a new run of the rows that have not reached their target. */
export async function retryCommand(given: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  const run = requireRun(given, 'retry', context);
  const invocation = resolveForNewRun(flags, context, 'retry', run.manifest);
  if (invocation.settings.print_config) return printConfig(invocation, 'retry');
  return retryRun(run, invocation);
}
