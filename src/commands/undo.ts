import { undoRun } from '../app/followup/undo.ts';
import type { Command } from '../app/invocation.ts';
import { printConfig } from '../app/print-config.ts';
import { requireRun } from '../app/run/open.ts';
import { resolveForNewRun } from '../app/settings.ts';

/** `undo RUN_DIR`: a new run that restores what a run has changed, if the number still has what that run set. */
export const undoCommand: Command = async (given, flags, context) => {
  const run = requireRun(given, 'undo', context);
  const invocation = resolveForNewRun(flags, context, 'undo', run);
  if (invocation.settings.print_config) return printConfig(invocation, 'undo');
  return undoRun(run, invocation);
};
