import { join } from 'node:path';
import type { Tally } from '../../core/results/tally.ts';
import { causesDir } from '../../io/run/directory.ts';
import type { Context } from '../context.ts';
import type { Reporting } from '../invocation.ts';
import { isStdout } from '../output.ts';
import { type Run, typedPath } from '../run/open.ts';

function resultsPlace({ shown }: Run, results: string | null, context: Context): string {
  if (results === null) return join(shown, 'results.csv');
  return isStdout(results) ? 'standard output' : typedPath(context, results);
}

/** The files of a run, by what they are. */
export function filesOf(
  run: Run,
  { counts, causes }: Tally,
  { settings, context, isDelivered, hasCauses }: Reporting & { isDelivered: boolean; hasCauses: boolean },
): Record<string, string> {
  const { manifest, shown: dir } = run;
  const files: Record<string, string> = {
    results: resultsPlace(run, isDelivered ? settings.results : null, context),
  };
  if (manifest.plan !== null) files.failed = join(dir, 'failed.csv');
  if (counts.held > 0) files.held = join(dir, 'held.csv');
  if (hasCauses && causes.size > 1) files.causes = causesDir(dir);
  if (manifest.plan !== null) files.plan = join(dir, 'plan.csv');
  if (manifest.campaigns !== null) files.campaigns = join(dir, 'campaigns.csv');
  files.log = settings.log_file === '-' ? 'standard error' : (settings.log_file ?? join(dir, 'log.ndjson'));
  return files;
}
