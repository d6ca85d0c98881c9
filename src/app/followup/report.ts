import { join, resolve } from 'node:path';
import { emptyIndex } from '../../core/ledger/replay.ts';
import { createGathering } from '../../core/report/gather.ts';
import { emptyTally } from '../../core/results/tally.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { copyToPath, copyToStream } from '../../io/output-file.ts';
import { runFiles } from '../../io/run/directory.ts';
import { writeReport } from '../ending/report.ts';
import { recordedEnding } from '../ending/rewrite-results.ts';
import { isExecution, summaryOf } from '../ending/summarize.ts';
import { gatherRun } from '../ending/write-results.ts';
import { fileErrorMessage } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { isStdout, print, printJson, warn } from '../output.ts';
import { type Run, typedPath } from '../run/open.ts';
import { checkOutputs } from '../run/outputs.ts';
import { openTempDir, type TempDir } from '../temp-dir.ts';

/** Writes report.html of a run again, and with --out a copy of it. Returns the exit code. */
export async function rewriteReport(run: Run, reporting: Reporting): Promise<number> {
  const { settings, context } = reporting;
  checkOutputs({ run }, reporting);
  const { command, state, plan } = run.manifest;
  const gathering = createGathering();
  const counts =
    plan === null
      ? { ...emptyIndex(0), tally: emptyTally() }
      : await gatherRun(run.dir, run.manifest, isExecution(command, state), gathering);
  const counted = { ...counts, undelivered: null, hasCauses: true };
  const made = summaryOf(run, (of) => recordedEnding(run, of), counted, reporting);
  const page = join(run.shown, 'report.html');
  const { report } = runFiles(run.dir);
  const fail = (what: string, error: unknown) => {
    const message = fileErrorMessage(what, error);
    if (settings.json) printJson(context, EXIT.internal, { error: { code: 'report', message } });
    else print(context.stderr, `${message}\n`);
    return EXIT.internal;
  };
  const read = { run, ...made, gathering };
  const { out } = settings;
  const isToStdout = isStdout(out);
  const shown = out === null || isToStdout ? page : typedPath(context, out);
  const deliver = async (path: string) => {
    if (isToStdout) await copyToStream(path, context.stdout);
    else if (out !== null) await copyToPath(path, resolve(context.cwd, out));
  };
  let elsewhere: TempDir | null = null;
  try {
    await writeReport(read, context);
  } catch (error) {
    if (out === null) return fail('write report.html', error);
    // The run may be another user's, who lets this one only read it.
    warn(reporting, fileErrorMessage('write report.html', error, ''));
    elsewhere = openTempDir();
  }
  try {
    const path = elsewhere === null ? report : join(elsewhere.dir, 'report.html');
    if (elsewhere !== null) await writeReport(read, context, path);
    await deliver(path);
  } catch (error) {
    return fail(`write --out ${shown}`, error);
  } finally {
    elsewhere?.end();
  }
  if (settings.json) printJson(context, EXIT.ok, { report: shown });
  else if (!settings.quiet && !isToStdout) print(context.stdout, `The report page is ${shown}\n`);
  return EXIT.ok;
}
