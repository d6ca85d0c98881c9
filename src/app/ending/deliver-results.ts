import { join, resolve } from 'node:path';
import { commandLine } from '../../core/text/shell.ts';
import { copyToPath, copyToStream } from '../../io/output-file.ts';
import { runFiles } from '../../io/run/directory.ts';
import { fileErrorMessage } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { isStdout } from '../output.ts';
import { type Run, typedPath } from '../run/open.ts';

/** Why the results could not be put where --results says, and the command that puts them elsewhere. */
export type Undelivered = { message: string; next: string };

/** Puts results.csv where --results says. Returns why that failed: it does not change how the run has ended. */
export async function deliverResults(run: Run, { settings, context }: Reporting): Promise<Undelivered | null> {
  const { results } = runFiles(run.dir);
  const { results: to } = settings;
  if (to === null) return null;
  try {
    if (isStdout(to)) await copyToStream(results, context.stdout);
    else await copyToPath(results, resolve(context.cwd, to));
    return null;
  } catch (error) {
    const next = commandLine(context.program, 'results', run.shown, '--results', `${run.manifest.run_id}-results.csv`);
    const where = `They are in ${join(run.shown, 'results.csv')}. Write them elsewhere: ${next}`;
    return { message: `${fileErrorMessage(`write --results ${typedPath(context, to)}`, error, '')} ${where}`, next };
  }
}
