import type { RequestCounts } from './checks/requests.ts';
import type { Violation } from './checks/violations.ts';
import type { Stage } from './trial/stages.ts';

/** The totals of all trials of one part of the proof. */
export type Report = {
  kills: Record<Stage, number>;
  runs: number;
  onlineRuns: number;
  rows: number;
  edits: number;
  drafts: number;
  counts: RequestCounts;
  violations: Violation[];
};

/** An empty report. */
export function emptyReport(): Report {
  return {
    kills: { planning: 0, reading: 0, rereading: 0, starting: 0, sending: 0, finishing: 0 },
    runs: 0,
    onlineRuns: 0,
    rows: 0,
    edits: 0,
    drafts: 0,
    counts: {
      requests: 0,
      reads: { plan: 0, drift: 0, back: 0 },
      resent: 0,
      inFlightAtKills: 0,
      ambiguous: 0,
      maxPerSecond: 0,
      lateMs: 0,
    },
    violations: [],
  };
}

function sumOf(a: RequestCounts, b: RequestCounts): RequestCounts {
  return {
    requests: a.requests + b.requests,
    reads: {
      plan: a.reads.plan + b.reads.plan,
      drift: a.reads.drift + b.reads.drift,
      back: a.reads.back + b.reads.back,
    },
    resent: a.resent + b.resent,
    inFlightAtKills: a.inFlightAtKills + b.inFlightAtKills,
    ambiguous: a.ambiguous + b.ambiguous,
    maxPerSecond: Math.max(a.maxPerSecond, b.maxPerSecond),
    lateMs: Math.max(a.lateMs, b.lateMs),
  };
}

/** Adds a finished trial and the count of drafts that its kills have left behind. */
export function addTrial(
  report: Report,
  trial: { online: boolean; rows: { length: number }; edits: { size: number } },
  drafts: number,
  counts: RequestCounts,
): void {
  report.runs += 1;
  report.onlineRuns += Number(trial.online);
  report.rows += trial.rows.length;
  report.edits += trial.edits.size;
  report.drafts += drafts;
  report.counts = sumOf(report.counts, counts);
}

/** The count of all kills in a report. */
export function killsOf({ kills }: Report): number {
  return Object.values(kills).reduce((sum, count) => sum + count, 0);
}

/** The count of violations of one kind. */
export function violationsOf({ violations }: Report, kind: Violation['kind']): number {
  return violations.filter((violation) => violation.kind === kind).length;
}

/** The table that is printed at the end. */
export function reportText(title: string, report: Report): string {
  const { kills, counts } = report;
  const { reads } = counts;
  const stages = Object.entries(kills).map(([stage, count]) => `${count} ${stage}`);
  const lines: [string, string | number][] = [
    ['kills', `${killsOf(report)} (${stages.join(', ')})`],
    ['runs', `${report.runs}, ${report.onlineRuns} of them online`],
    ['rows', report.rows],
    ['edits by another client', report.edits],
    ['requests', counts.requests],
    ['reads of the account', `${reads.plan} for plans, ${reads.drift} before rows were sent later`],
    [
      'rows read back',
      `${reads.back}, for ${counts.inFlightAtKills} in flight at kills, ${counts.ambiguous} ambiguous`,
    ],
    ['sent again after a read', counts.resent],
    ['most in a second', `${counts.maxPerSecond} (clock of the server at most ${counts.lateMs.toFixed(1)} ms late)`],
    ['drafts left behind', report.drafts],
    ['sent again without a read', violationsOf(report, 'duplicate')],
    ['lost rows', violationsOf(report, 'loss')],
    ['wrong rows', violationsOf(report, 'wrong')],
    ['too fast', violationsOf(report, 'rate')],
    ['other violations', violationsOf(report, 'other')],
  ];
  return [title, ...lines.map(([what, value]) => `  ${what.padEnd(32)}${value}`), ''].join('\n');
}
