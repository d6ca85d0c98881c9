import type { Typed } from '../core/resolve-settings.ts';
import { applyInput } from './apply.ts';
import { type Context, UsageError } from './context.ts';
import { planInput } from './plan.ts';
import { printConfig } from './print-config.ts';
import { settleJob } from './settled-job.ts';

/** `run JOB.yaml`: plan or apply with the settings of a job file, never asking: the file is the consent. */
export async function runCommand(path: string | undefined, flags: Typed, from: Context): Promise<number> {
  const context = { ...from, unattended: true };
  if (path === undefined || path === '') throw new UsageError('run needs a job file, such as jobs/nightly.yaml');
  const job = settleJob(path, flags, context);
  if (job.settings.print_config) return printConfig(job, 'run', context);
  if (job.command === 'apply') return applyInput(job.input, job, context, true);
  return planInput(job.input, job, context);
}
