import { join } from 'node:path';
import { baseUrlFlags } from '../../core/followup/next-command.ts';
import type { Gathering } from '../../core/report/gather.ts';
import type { Suggestion } from '../../core/report/sections.ts';
import type { Summary } from '../../core/results/summary.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import { commandLine } from '../../core/text/shell.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { Context } from '../context.ts';
import { fileErrorMessage } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { warnAlways } from '../output.ts';
import type { Run } from '../run/open.ts';

/** A run that was read for its page. */
export type ReadRun = { run: Run; manifest: Manifest; summary: Summary; gathering: Gathering };

/** What may be done with a run besides its next command. */
function suggestionsFor({ run, manifest, summary }: ReadRun, { program }: Context): Suggestion[] {
  const on = (verb: string, ...flags: string[]) =>
    commandLine(program, verb, run.shown, ...baseUrlFlags(manifest.settings), ...flags);
  const isUndoable = summary.counts.updated > 0 && summary.undo === undefined && manifest.source?.undo !== true;
  return [
    ...(manifest.started_at === null
      ? []
      : [{ what: 'Compare the account with the targets (changes nothing)', command: on('verify') }]),
    ...(isUndoable
      ? [{ what: 'See what it would take to undo this run (changes nothing)', command: on('undo', '--dry-run') }]
      : []),
    { what: 'Make this page again', command: commandLine(program, 'report', run.shown) },
  ];
}

/** The summary with the page among its files. */
function named(summary: Summary, run: Run): Summary {
  return { ...summary, files: { ...summary.files, report: join(run.shown, 'report.html') } };
}

/** Writes report.html of a run, or its page to another path. Throws what the file system throws. */
export async function writeReport(read: ReadRun, context: Context, path?: string): Promise<void> {
  const { run, manifest, gathering } = read;
  // The page is made at the end of a run, so no command loads this before.
  const { writeReportPage } = await import('../../io/report/write.ts');
  const gathered = gathering.gathered();
  const summary = named(read.summary, run);
  writeReportPage(path ?? runFiles(run.dir).report, {
    summary,
    manifest,
    gathered,
    suggestions: suggestionsFor(read, context),
  });
}

/** Writes report.html, and returns the summary with it. If that fails, the summary says why: the run has ended well. */
export async function withReport(read: ReadRun, reporting: Reporting): Promise<Summary> {
  const { run, summary } = read;
  try {
    await writeReport(read, reporting.context);
    return named(summary, run);
  } catch (error) {
    const message = fileErrorMessage('write report.html', error);
    warnAlways(reporting, message);
    return { ...summary, warnings: [...summary.warnings, message] };
  }
}
