import type { Command } from '../app/invocation.ts';
import { requireInput } from '../app/planning/input-source.ts';
import { printConfig } from '../app/print-config.ts';
import { findRun } from '../app/run/open.ts';
import { applyInput, applyRun } from '../app/sending/apply.ts';
import { resolveForCommand, resolveForRun } from '../app/settings.ts';

/** `apply INPUT`: makes the plan and executes it. `apply RUN_DIR`: executes a saved plan. */
export const applyCommand: Command = async (input, flags, context) => {
  const run = findRun(input, context);
  const invocation =
    run === null ? resolveForCommand(flags, context, 'apply') : resolveForRun(flags, context, 'apply', run.manifest);
  if (invocation.settings.print_config) return printConfig(invocation, 'apply');
  return run === null
    ? applyInput(requireInput(input, 'apply', invocation.settings), invocation)
    : applyRun(run, invocation);
};
