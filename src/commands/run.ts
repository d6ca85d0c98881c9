import type { Context } from '../app/context.ts';
import { UsageError } from '../app/errors.ts';
import { resolveForJob } from '../app/job-settings.ts';
import { printConfig } from '../app/print-config.ts';
import type { RawSettings } from '../core/settings/schema.ts';

import { applyInput } from './apply.ts';
import { planInput } from './plan.ts';

/** `run JOB.yaml`: plan or apply with the settings of a job file, never asking: the file is the consent. */
export async function runCommand(path: string | undefined, flags: RawSettings, from: Context): Promise<number> {
  const context = { ...from, unattended: true };
  if (path === undefined || path === '') throw new UsageError('run needs a job file, such as jobs/nightly.yaml');
  const job = resolveForJob(path, flags, context);
  if (job.settings.print_config) return printConfig(job, 'run', context);
  if (job.command === 'apply') return applyInput(job.input, job, context, true);
  return planInput(job.input, job, context);
}
