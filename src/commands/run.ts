import { resolve } from 'node:path';
import { UsageError } from '../app/errors.ts';
import type { Command } from '../app/invocation.ts';
import { planInput } from '../app/planning/prepare.ts';
import { printConfig } from '../app/print-config.ts';
import { applyInput } from '../app/sending/apply.ts';
import { resolveForJob } from '../app/settings.ts';

/** `run JOB.yaml`: plans or applies with the settings of a job file. Never asks, because the file is the consent. */
export const runCommand: Command = async (path, flags, context) => {
  if (path === undefined || path === '') throw new UsageError('run needs a job file, such as jobs/nightly.yaml');
  const { invocation, command, input } = resolveForJob(path, flags, {
    ...context,
    unattended: true,
    jobFile: resolve(context.cwd, path),
  });
  const { settings } = invocation;
  if (settings.print_config) return printConfig(invocation, 'run');
  if (command === 'plan') return planInput(input, invocation);
  return applyInput(input, { ...invocation, settings: { ...settings, yes: true } });
};
