import { listRuns } from '../app/followup/list-runs.ts';
import type { Command } from '../app/invocation.ts';
import { resolveForCommand } from '../app/settings.ts';

/** `runs`: lists the runs with state, counts, age and next command, the newest last. */
export const runsCommand: Command = async (_, flags, context) => {
  return listRuns(resolveForCommand(flags, context, 'runs'));
};
