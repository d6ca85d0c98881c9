import { nextCommand, undoesItself } from '../../core/followup/next-command.ts';
import type { LedgerIndex } from '../../core/ledger/replay.ts';
import { createGathering } from '../../core/report/gather.ts';
import { countsError } from '../../core/results/run-exit.ts';
import { type Summary, summarize } from '../../core/results/summary.ts';
import { summaryText } from '../../core/results/summary-text.ts';
import { sumOf, type Tally } from '../../core/results/tally.ts';
import { EXIT, exitName } from '../../core/run/exit-codes.ts';
import type { Manifest, State } from '../../core/run/manifest.ts';
import { count } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles, writeJson } from '../../io/run/directory.ts';
import { type Context, canAskLater } from '../context.ts';
import type { Reporting } from '../invocation.ts';
import { createStyle, print, printJsonLine, resultStream, warnAlways } from '../output.ts';
import { indexLedger } from '../run/ledger-index.ts';
import { approvalFlags, commandOn, queueFlags, type Run, typedPath, updateRun } from '../run/open.ts';
import { writeEndedStatus } from '../watching/status-file.ts';
import { deliverResults, type Undelivered } from './deliver-results.ts';
import { type ReadRun, withReport } from './report.ts';
import { decideEnding, type Ending, strictEnding } from './run-ending.ts';
import { filesOf } from './summary-files.ts';
import { tallyRun, writeResults } from './write-results.ts';

/** Whether the rows of a run were to be sent: then rows without an outcome are unprocessed, not planned. */
export function isExecution(command: string, state: State): boolean {
  return state !== 'planned' && state !== 'planning' && !(state === 'refused' && command === 'plan');
}

/** How long this command and earlier ones have worked on a run; null for a run of a version that did not record it. */
function workedMs({ manifest: { duration_ms: earlierMs = null }, since }: Run): number | null {
  return since === undefined ? earlierMs : Math.round((earlierMs ?? 0) + realClock.now() - since);
}

const LOST_ROWS = { code: 'sum', message: 'The statuses do not add up to the rows read: rows were lost.' };

/**
 * Writes the result files and the summary. A sum that does not add up becomes exit 1. Results that could not be put
 * where --results says make the exit code at least 1, but the run has ended as its rows did.
 */
export async function makeSummary(run: Run, ending: Ending, reporting: Reporting) {
  const knownState = typeof ending === 'function' ? run.manifest.state : ending.state;
  const isSent = isExecution(run.manifest.command, knownState);
  const gathering = createGathering();
  const { causeProblem, ...counts } = await writeResults(run.dir, run.manifest, isSent, gathering);
  const undelivered = await deliverResults(run, reporting);
  if (causeProblem !== null) warnAlways(reporting, causeProblem);
  const counted = { ...counts, undelivered, hasCauses: causeProblem === null };
  const made = summaryOf(run, ending, counted, reporting);
  const { manifest } = made;
  const summary = await withReport({ run, ...made, gathering }, reporting);
  writeJson(runFiles(run.dir).summary, summary);
  writeEndedStatus(run.dir, manifest, summary);
  // Last: a run whose manifest says that it has ended has all of its files, even after a kill.
  const ended = updateRun(run, manifest);
  const read: ReadRun = { run: ended, manifest, summary, gathering };
  return { summary, undelivered, read, isToUndo: undoesItself(manifest, counts.tally) };
}

/** The warnings of a run and of this call. */
function warningsOf({ warnings, campaigns }: Manifest, context: Context): string[] {
  return [...new Set([...warnings, ...(campaigns?.warnings ?? []), ...context.warnings])];
}

/** The summary of a run that was undone since. There is nothing left to do if the undo was complete. */
function withUndo(summary: Summary, undo: NonNullable<Summary['undo']>): Summary {
  const next = undo.exit_code === EXIT.ok ? null : summary.next_command;
  return { ...summary, next_command: next, undo: { ...undo, next_command: next } };
}

/** What is known of a run when its rows are counted. */
type Counted = Pick<LedgerIndex, 'sessions' | 'steering' | 'orders'> & {
  tally: Tally;
  /** Why the results are not where --results says, or null. */
  undelivered: Undelivered | null;
  hasCauses: boolean;
};

/** The summary of a run, and what its manifest is at this end. Writes nothing. */
export function summaryOf(run: Run, ending: Ending, counted: Counted, reporting: Reporting) {
  const { settings, context } = reporting;
  const { tally, sessions, steering, undelivered, hasCauses } = counted;
  const decided = strictEnding(decideEnding(ending, tally), run.manifest, settings);
  const isWhole = sumOf(tally) === run.manifest.input.rows;
  const { exit, error } = isWhole ? decided : { exit: EXIT.internal, error: LOST_ROWS };
  const { state, stop = null, next, finishedAt, undo } = decided;
  if (undelivered !== null && exit !== EXIT.ok) warnAlways(reporting, undelivered.message);
  const manifest: Manifest = {
    ...run.manifest,
    state,
    exit_code: exit,
    stop,
    finished_at: finishedAt ?? new Date().toISOString(),
    duration_ms: workedMs(run),
  };
  const { program } = context;
  const interactive = canAskLater(context);
  const summary = summarize({
    manifest,
    tally,
    sessions,
    steered: steering.list,
    exit: undelivered === null ? exit : Math.max(exit, EXIT.internal),
    rateSetting: String(run.manifest.settings.rate ?? settings.rate),
    nextCommand:
      (exit === EXIT.ok ? undelivered?.next : undefined) ??
      next ??
      nextCommand({
        manifest,
        tally,
        program,
        dir: run.shown,
        sameAgain: sameAgain(reporting),
        sameForRun: approvalFlags(run),
        sameForRetry: pathFlags({ '--metrics-file': settings.metrics_file }, context),
        queue: queueFlags(reporting),
        interactive,
      }),
    warnings: warningsOf(manifest, context),
    files: filesOf(run, tally, { ...reporting, isDelivered: undelivered === null, hasCauses }),
    error: error ?? countsError(exit, counted) ?? (undelivered && { code: 'results', message: undelivered.message }),
  });
  return { summary: undo === undefined ? summary : withUndo(summary, undo), manifest };
}

/**
 * Writes and prints the summary of a run that workers carry out without this command. Its results are written when it is
 * taken back.
 */
export async function summarizeDetached(
  run: Run,
  { exit, which, rest }: { exit: number; which: string; rest: string },
  reporting: Reporting,
): Promise<void> {
  const { settings, context } = reporting;
  const { manifest } = run;
  const { sessions, steering } = await indexLedger(runFiles(run.dir).ledger, manifest.input.rows);
  const tally = await tallyRun(run.dir, manifest, true);
  const next = commandOn(run, 'resume', context, ...sameAgain(reporting));
  const {
    results: _,
    failed: __,
    ...files
  } = filesOf(run, tally, { ...reporting, isDelivered: true, hasCauses: false });
  const summary = summarize({
    manifest,
    tally,
    sessions,
    steered: steering.list,
    exit,
    rateSetting: String(settings.rate),
    nextCommand: next,
    warnings: warningsOf(manifest, context),
    files,
    error: null,
  });
  writeJson(runFiles(run.dir).summary, summary);
  const goesOn = exit === EXIT.ok ? { isHandedOver: true as const } : {};
  const lost = await context.messages?.end({ exit, summary, error: null, ...goesOn });
  for (const warning of lost ?? []) warnAlways(reporting, warning);
  if (settings.json) printJsonLine(context, summary);
  else if (!settings.quiet || exit !== EXIT.ok) {
    const rows = count(tally.counts.unprocessed + tally.counts.unverified, 'row');
    const where = visible(manifest.queue?.name ?? '');
    const text = `${rows} ${which} the workers of ${where}${rest}\n`;
    const code = exit === EXIT.ok ? '' : `Exit ${exit} (${exitName(exit)})\n`;
    print(settings.quiet ? context.stderr : context.stdout, `${text}${code}Next: ${next}\n`);
  }
}

/** The flags of this call that run.json does not keep, for a command that continues the run. */
function sameAgain({ settings, context }: Reporting): string[] {
  const { results, state_dir: stateDir, metrics_file: metrics } = settings;
  return pathFlags({ '--results': results, '--state-dir': stateDir, '--metrics-file': metrics }, context);
}

function pathFlags(given: Record<string, string | null>, context: Context): string[] {
  return Object.entries(given).flatMap(([flag, path]) => {
    if (path === null) return [];
    return [flag, path === '-' ? path : typedPath(context, path)];
  });
}

/** Prints a summary. With --quiet it prints nothing for exit 0, and on standard error for any other exit. */
export function printSummary(summary: Summary, { settings, context }: Reporting): void {
  if (settings.json) {
    printJsonLine(context, summary);
    return;
  }
  if (settings.quiet && summary.exit_code === EXIT.ok) return;
  const stream = settings.quiet ? context.stderr : resultStream({ settings, context });
  print(stream, summaryText(summary, createStyle(stream, context.env)));
}
