import type { RequestCounts } from '../../core/ledger/entry.ts';
import { Counter, Gauge, Registry } from './prom-client.ts';

/** What the metrics of a run say. Null is left out. Times are seconds since 1970. */
export type MetricValues = {
  /** Rows by status; null if the command ended before it had a plan. */
  rows: Record<string, number> | null;
  requests: RequestCounts | null;
  pausedSeconds: number;
  ratePerSecond: number;
  durationSeconds: number;
  /** Null before the first end of a run of this name. */
  exitCode: number | null;
  lastRun: number;
  lastSuccess: number | null;
};

const PREFIX = 'telnyx_reassign_';

/** The metrics of one run in the text format of Prometheus. */
export function metricsText(name: string, values: MetricValues): Promise<string> {
  const { rows, requests } = values;
  const registers = [new Registry()];
  const labels = { name };
  const gauge = (metric: string, help: string, value: number | null) => {
    if (value === null) return;
    new Gauge({ name: `${PREFIX}${metric}`, help, labelNames: ['name'], registers }).set(labels, value);
  };
  const counter = (metric: string, help: string, value: number) =>
    new Counter({ name: `${PREFIX}${metric}`, help, labelNames: ['name'], registers }).inc(labels, value);
  if (rows !== null) {
    const labelNames = ['name', 'status'];
    const of = new Gauge({ name: `${PREFIX}rows`, help: 'Rows of the last run by status.', labelNames, registers });
    for (const [status, n] of Object.entries(rows)) of.set({ name, status }, n);
  }
  if (requests !== null) {
    const help = 'Requests of the last run by kind and result.';
    const labelNames = ['name', 'kind', 'result'];
    const of = new Counter({ name: `${PREFIX}requests_total`, help, labelNames, registers });
    for (const [kind, results] of Object.entries(requests.answers ?? {})) {
      for (const [result, n] of Object.entries(results)) of.inc({ name, kind, result }, n);
    }
    counter('rate_limited_total', 'Answers 429 in the last run.', requests.rate_limited);
    counter('paused_seconds_total', 'Seconds for which the last run sent nothing.', values.pausedSeconds);
    gauge('rate_per_second', 'Requests a second now, or on average once the run has ended.', values.ratePerSecond);
  }
  gauge('duration_seconds', 'How long the last run has worked.', values.durationSeconds);
  gauge('exit_code', 'The exit code of the last run that has ended.', values.exitCode);
  gauge('last_run_timestamp_seconds', 'When the last run began.', values.lastRun);
  gauge('last_success_timestamp_seconds', 'When a run last ended with exit code 0 or 20.', values.lastSuccess);
  return (registers[0] as Registry).metrics();
}

/** The run name that the metrics of an earlier text have; null if it has none. */
export function nameIn(text: string): string | null {
  return /^telnyx_reassign_last_run_timestamp_seconds\{name="([^"\\]+)"\}/m.exec(text)?.[1] ?? null;
}

/** The value of a metric in an earlier text of the same run name; null if it is not there. */
export function valueIn(text: string, metric: string, name: string): number | null {
  const start = `${PREFIX}${metric}{name="${name}"} `;
  const line = text.split('\n').find((line) => line.startsWith(start));
  const value = line === undefined ? Number.NaN : Number(line.slice(start.length).trim().split(' ', 1)[0]);
  return Number.isFinite(value) ? value : null;
}
