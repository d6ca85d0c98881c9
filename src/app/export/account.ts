import { EXIT } from '../../core/run/exit-codes.ts';
import { count, thousands } from '../../core/text/text.ts';
import type { ListReading } from '../../engine/reading/list-reader.ts';
import { createStop, type Stop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { createProgressLine, type Progress } from '../../io/terminal/progress.ts';
import { readingError } from '../account/access.ts';
import { openReading } from '../account/reading.ts';
import { CommandError } from '../errors.ts';
import type { Invocation, KeyedInvocation } from '../invocation.ts';
import { progressKind } from '../output.ts';
import { openCommandLog } from '../run/log.ts';
import { onEndSignals } from '../signals.ts';

/** What an export works with while it reads the account. */
export type ExportContext = {
  invocation: Invocation;
  access: Awaited<ReturnType<typeof openReading>>;
  stop: Stop;
  /** Shows how many rows of how many are read; `unit`: what they are. */
  onRead: (done: number, total: number, unit: string) => void;
  /** Warnings once all is read. */
  warnings: string[];
  /** Warnings of rows that are missing, with --quiet too. */
  leftOut: string[];
};

/** Without a terminal a line this often shows that something happens. */
const PLAIN_INTERVAL_MS = 10_000;

/** A list that changes while it is read is read this often. */
export const MAX_READINGS = 3;

/** Shows the progress from the first page on, when the length of the list is known. */
function createDisplay(invocation: Invocation) {
  const state = { done: 0, total: 0, unit: '', words: '' };
  let progress: Progress | null = null;
  const kind = progressKind(invocation);
  return {
    above: (print: () => void) => (progress === null ? print() : progress.printAbove(print)),
    stop: () => progress?.stop(),
    show(done: number, total: number, unit: string, requests: number) {
      Object.assign(state, { done, total, unit, words: count(requests, 'request') });
      progress ??= createProgressLine(invocation.context.stderr, kind, () => state, PLAIN_INTERVAL_MS);
    },
  };
}

/**
 * Opens the account for an export, at the rate of its settings, until a signal. Throws CommandError if it cannot be
 * read; nothing is written then.
 */
export async function withAccount<T>(
  invocation: KeyedInvocation & { key: string },
  act: (exporting: ExportContext) => Promise<T>,
): Promise<T & { requests: number; durationMs: number }> {
  const startedAt = realClock.now();
  const stop = createStop();
  const logger = openCommandLog('export', invocation);
  const removeHandlers = onEndSignals(invocation.context, (signal) => stop.ask('signal', signal));
  const display = createDisplay(invocation);
  try {
    const access = await openReading(invocation, { stop, logger, above: display.above });
    // What is in flight only reads, so nothing is lost by cancelling it.
    stop.onAsked(access.client.abort);
    const onRead: ExportContext['onRead'] = (done, total, unit) =>
      display.show(done, total, unit, access.query.calls());
    try {
      const result = await act({ invocation, access, stop, onRead, warnings: [], leftOut: [] });
      return { ...result, requests: access.query.calls(), durationMs: realClock.now() - startedAt };
    } finally {
      access.close();
    }
  } catch (error) {
    throw readingError(error, stop, false, 'nothing was written');
  } finally {
    display.stop();
    logger.close();
    removeHandlers();
  }
}

/** The error of a list that was not read completely, however often. `what`: what it lists. */
export function unstableError({ distinct, total }: ListReading, what: string): CommandError {
  const seen = total === null ? count(distinct, what) : `${thousands(distinct)} of ${count(total, what)}`;
  const message = `The list of ${what}s was read ${MAX_READINGS} times and was never complete (the last time, ${seen}): ${what}s are being added or removed, or the API does not show all of them. Nothing was written. Wait until nothing changes the account, then run the same command again.`;
  return new CommandError(EXIT.preflight, 'list_unstable', message);
}
