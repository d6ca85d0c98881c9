import type { Command } from '../../app/invocation.ts';
import { openRun } from '../../app/run/open.ts';
import { resolveForCommand } from '../../app/settings.ts';
import { newestRun, showStatus } from '../../app/status/status.ts';

/** `status [RUN_DIR]`: shows how a run is doing, the newest if none is named. */
export const statusCommand: Command = async (given, flags, context) => {
  const invocation = resolveForCommand(flags, context, 'status');
  const isNamed = given !== undefined && given !== '';
  return showStatus(isNamed ? openRun(given, context) : newestRun(invocation.settings.runs_dir, context), invocation);
};
