import type { Command } from '../app/invocation.ts';
import { printConfig } from '../app/print-config.ts';
import { openRun, type Run } from '../app/run/open.ts';
import { requireNewestToResume } from '../app/run/unfinished.ts';
import { resumeRun } from '../app/sending/resume.ts';
import { resolveForCommand, resolveForRun } from '../app/settings.ts';

/** `resume [RUN_DIR]`: continues an interrupted or paused run, the newest if none is named. Never asks. */
export const resumeCommand: Command = async (given, flags, context) => {
  let run: Run;
  if (given === undefined || given === '') {
    const { runs_dir: runsDir } = flags;
    const { settings } = resolveForCommand(runsDir === undefined ? {} : { runs_dir: runsDir }, context, 'runs');
    run = await requireNewestToResume(settings.runs_dir, context);
  } else run = openRun(given, context);
  const invocation = resolveForRun(flags, context, 'resume', run.manifest);
  if (invocation.settings.print_config) return printConfig(invocation, 'resume');
  return resumeRun(run, invocation);
};
