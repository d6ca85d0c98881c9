import { steerRun } from '../../app/followup/ctl.ts';
import type { Command } from '../../app/invocation.ts';
import { requireRun } from '../../app/run/open.ts';
import { resolveForCommand } from '../../app/settings.ts';

/** `ctl RUN_DIR COMMAND`: steers a run that is at work. */
export const ctlCommand: Command = async (given, flags, context, words = []) => {
  const invocation = resolveForCommand(flags, context, 'ctl');
  return steerRun(requireRun(given, 'ctl', context), words, invocation);
};
