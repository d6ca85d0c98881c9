import type { Context } from '../app/context.ts';
import { printConfig } from '../app/print-config.ts';
import { openRun, type Run } from '../app/run/open.ts';
import { requireNewestToResume } from '../app/run/unfinished.ts';
import { resumeRun } from '../app/sending/resume.ts';
import { resolveForCommand, resolveForRun } from '../app/settings.ts';
import type { RawSettings } from '../core/settings/schema.ts';

function newest({ runs_dir: runsDir }: RawSettings, context: Context): Promise<Run> {
  const { settings } = resolveForCommand(runsDir === undefined ? {} : { runs_dir: runsDir }, context, 'runs');
  return requireNewestToResume(settings.runs_dir, context);
}

/** `resume [RUN_DIR]`: continues an interrupted or paused run, the newest if none is named. Never asks. */
export async function resumeCommand(given: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  const run = given === undefined || given === '' ? await newest(flags, context) : openRun(given, context);
  const invocation = resolveForRun(flags, context, 'resume', run.manifest);
  if (invocation.settings.print_config) return printConfig(invocation, 'resume');
  return resumeRun(run, invocation);
}
