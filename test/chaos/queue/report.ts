import type { Violation } from '../checks/violations.ts';

/** What can be killed, stopped or cut off. */
export type Target = 'worker' | 'submitter' | 'redis';
export type Counts = Record<Target, number>;

/** The totals of all trials. */
export type QueueReport = {
  /** Killed with -9. */
  kills: Counts;
  /** Kills of Redis that also took what it had not written to the disk, as a power failure does. */
  powerFailures: number;
  /** Stopped and woken: a worker for longer than its lease. */
  stops: Counts;
  /** Cut off from Redis, without an end of the connection. */
  cuts: Counts;
  /** Workers that were asked to end, as for an update. */
  drains: number;
  runs: number;
  rows: number;
  requests: number;
  /** Rows sent again after a read. */
  resent: number;
  /** The most requests that certainly came within a second, and the most that were recorded within one. */
  maxPerSecond: number;
  maxRecorded: number;
  /** The longest time without a request while a run was not finished. */
  silenceMs: number;
  /** Files searched for the key. */
  files: number;
  /** How often a submitter ended with an exit code before the run was finished. */
  exits: Record<number, number>;
  violations: Violation[];
};

/** An empty report. */
export function emptyQueueReport(): QueueReport {
  const none = (): Counts => ({ worker: 0, submitter: 0, redis: 0 });
  const counts = { runs: 0, rows: 0, requests: 0, resent: 0, maxPerSecond: 0, maxRecorded: 0, silenceMs: 0, files: 0 };
  return {
    kills: none(),
    powerFailures: 0,
    stops: none(),
    cuts: none(),
    drains: 0,
    ...counts,
    exits: {},
    violations: [],
  };
}

/** The sum of counts. */
export function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The table that is printed at the end. */
export function queueReportText(title: string, report: QueueReport): string {
  const { violations } = report;
  const byTarget = (counts: Counts) =>
    `${sumOf(counts)} (${Object.entries(counts)
      .map(([target, count]) => `${count} ${target}`)
      .join(', ')})`;
  const ofKind = (kind: Violation['kind']) => violations.filter((violation) => violation.kind === kind).length;
  const exits = Object.entries(report.exits).map(([code, count]) => `${count} x ${code}`);
  const lines: [string, string | number][] = [
    ['kills', `${byTarget(report.kills)}, ${report.powerFailures} with loss of unwritten data`],
    ['stops', byTarget(report.stops)],
    ['cuts', byTarget(report.cuts)],
    ['workers drained', report.drains],
    ['runs', report.runs],
    ['rows', report.rows],
    ['requests', report.requests],
    ['sent again after a read', report.resent],
    ['most in a second', `${report.maxPerSecond} (${report.maxRecorded} with those that were recorded late)`],
    ['longest silence', `${(report.silenceMs / 1000).toFixed(1)} s`],
    ['exits before the end', exits.join(', ') || 'none'],
    ['files searched for the key', report.files],
    ['sent again without a read', ofKind('duplicate')],
    ['lost rows', ofKind('loss')],
    ['wrong rows', ofKind('wrong')],
    ['too fast', ofKind('rate')],
    ['other violations', ofKind('other')],
  ];
  return [title, ...lines.map(([what, value]) => `  ${what.padEnd(32)}${value}`), ''].join('\n');
}
