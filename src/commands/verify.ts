import { verifyInput, verifyRun } from '../app/followup/verify.ts';
import type { Command } from '../app/invocation.ts';
import { requireInput } from '../app/planning/input-source.ts';
import { printConfig } from '../app/print-config.ts';
import { findRun } from '../app/run/open.ts';
import { resolveForCommand, resolveForRun } from '../app/settings.ts';

/** `verify INPUT|RUN_DIR`: reads the account and compares it with the targets. Sends nothing. */
export const verifyCommand: Command = async (input, flags, context) => {
  const run = findRun(input, context);
  const invocation =
    run === null ? resolveForCommand(flags, context, 'verify') : resolveForRun(flags, context, 'verify', run.manifest);
  if (invocation.settings.print_config) return printConfig(invocation, 'verify');
  return run === null
    ? verifyInput(requireInput(input, 'verify', invocation.settings), invocation)
    : verifyRun(run, invocation);
};
