import type { Context } from '../app/context.ts';
import { listRuns } from '../app/followup/list-runs.ts';
import { resolveForCommand } from '../app/settings.ts';
import type { RawSettings } from '../core/settings/schema.ts';

/** `runs`: lists the runs with state, counts, age and next command, the newest last. */
export async function runsCommand(_: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  return listRuns(resolveForCommand(flags, context, 'runs'));
}
