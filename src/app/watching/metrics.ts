import type { CommandEnd } from '../../core/results/message.ts';
import type { RunStatus } from '../../core/results/run-status.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Clock } from '../../engine/ports.ts';
import { replacePublicFile } from '../../io/output-file.ts';
import { readMetrics } from '../../io/watching/metrics-file.ts';
import { type MetricValues, metricsText, nameIn, valueIn } from '../../io/watching/metrics-text.ts';
import { fileErrorMessage } from '../errors.ts';

const INTERVAL_MS = 15_000;
/** What an earlier run has left in the file, or why the file is to be left alone. */
function readEarlier(path: string): { text: string } | { refused: string } {
  try {
    const text = readMetrics(path);
    return text === null ? { refused: `${path} holds something else than the metrics of a run` } : { text };
  } catch (error) {
    return { refused: fileErrorMessage(`read --metrics-file ${path}`, error) };
  }
}

/** Whether the run sends nothing now, though it would like to. */
const isPaused = ({ paused, slowed_by: { what, until } }: RunStatus) =>
  paused !== null || what === 'outage' || (what === 'server' && until !== undefined);

/** Writes the metrics of a run to a file: while it is at work, and at its end. */
export function createMetrics(path: string, clock: Pick<Clock, 'now' | 'wallNow'>) {
  const began = { at: clock.now(), time: clock.wallNow() / 1000 };
  const read = readEarlier(path);
  const refused = 'refused' in read ? read.refused : null;
  const earlier = 'text' in read ? read.text : '';
  let writtenAt = Number.NEGATIVE_INFINITY;
  let seenAt: number | null = null;
  let pausedMs = 0;
  let last: RunStatus | null = null;
  let problem = refused === null ? null : `no metrics were written: ${refused}`;
  let writing = Promise.resolve();

  function write(name: string, values: MetricValues): void {
    writtenAt = clock.now();
    if (refused !== null) return;
    writing = writing.then(async () => {
      try {
        replacePublicFile(path, await metricsText(name, values));
        problem = null;
      } catch (error) {
        problem = fileErrorMessage(`write --metrics-file ${path}`, error);
      }
    });
  }

  const common = (name: string) => ({
    pausedSeconds: pausedMs / 1000,
    durationSeconds: (clock.now() - began.at) / 1000,
    lastRun: began.time,
    lastSuccess: valueIn(earlier, 'last_success_timestamp_seconds', name),
  });

  return {
    /** Must be called about once a second. */
    onStatus(status: RunStatus): void {
      const now = clock.now();
      if (seenAt !== null && isPaused(status)) pausedMs += now - seenAt;
      // Not recorded before the pause ends. What earlier sessions have recorded must not look new at the end.
      pausedMs = Math.max(pausedMs, status.paused_ms ?? 0);
      seenAt = now;
      last = status;
      if (now - writtenAt < INTERVAL_MS) return;
      const { total: _, done: __, left, ...rows } = status.rows;
      write(status.name, {
        ...common(status.name),
        rows: { ...rows, unprocessed: left },
        requests: status.requests,
        ratePerSecond: status.rate.now,
        exitCode: valueIn(earlier, 'exit_code', status.name),
      });
    },
    /** Writes the last metrics. Returns the warning, or null. */
    async end(called: string, { exit, summary }: CommandEnd): Promise<string | null> {
      // A command that ended early may not know how its job is called. The file has one name, that of the job.
      const name = summary === null ? (nameIn(earlier) ?? called) : called;
      const values = common(name);
      const isGood = exit === EXIT.ok || exit === EXIT.changes;
      write(name, {
        ...values,
        rows: summary?.counts ?? null,
        requests: summary?.requests ?? last?.requests ?? null,
        pausedSeconds: Math.max(values.pausedSeconds, (summary?.rate.paused_ms ?? 0) / 1000),
        ratePerSecond: summary?.rate.mean_per_s ?? 0,
        durationSeconds: summary === null ? values.durationSeconds : summary.duration_ms / 1000,
        exitCode: exit,
        lastSuccess: isGood ? clock.wallNow() / 1000 : values.lastSuccess,
      });
      await writing;
      return problem;
    },
  };
}
