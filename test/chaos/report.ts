import type { Fault } from './faults.ts';
import type { Stage } from './run-files.ts';
import type { Traffic } from './traffic.ts';

/** What all trials of one part have come to. */
export type Report = {
  kills: Record<Stage, number>;
  runs: number;
  rows: number;
  requests: number;
  reads: number;
  resent: number;
  openAtKills: number;
  most: number;
  lateMs: number;
  drafts: number;
  faults: Fault[];
};

/** A report of nothing yet. */
export function emptyReport(): Report {
  return {
    kills: { planning: 0, starting: 0, sending: 0, finishing: 0 },
    runs: 0,
    rows: 0,
    requests: 0,
    reads: 0,
    resent: 0,
    openAtKills: 0,
    most: 0,
    lateMs: 0,
    drafts: 0,
    faults: [],
  };
}

/** Adds a trial that has ended. */
export function addTrial(report: Report, rows: number, drafts: number, traffic: Traffic): void {
  report.runs += 1;
  report.rows += rows;
  report.drafts += drafts;
  report.requests += traffic.requests;
  report.reads += traffic.reads;
  report.resent += traffic.resent;
  report.openAtKills += traffic.openAtKills;
  report.most = Math.max(report.most, traffic.most);
  report.lateMs = Math.max(report.lateMs, traffic.lateMs);
}

/** All kills of a report. */
export function killsOf({ kills }: Report): number {
  return Object.values(kills).reduce((sum, count) => sum + count, 0);
}

/** The table that is printed at the end. */
export function reportText(title: string, report: Report): string {
  const { kills, faults } = report;
  const faulty = (kind: Fault['kind']) => faults.filter((fault) => fault.kind === kind).length;
  const stages = Object.entries(kills).map(([stage, count]) => `${count} ${stage}`);
  const lines: [string, string | number][] = [
    ['kills', `${killsOf(report)} (${stages.join(', ')})`],
    ['runs', report.runs],
    ['rows', report.rows],
    ['requests', report.requests],
    ['reads', `${report.reads}, for ${report.openAtKills} rows in flight at kills`],
    ['sent again after a read', report.resent],
    ['most in a second', `${report.most} (the server's clock was late by ${report.lateMs.toFixed(1)} ms at worst)`],
    ['drafts left behind', report.drafts],
    ['duplicates (sent again unread)', faulty('duplicate')],
    ['losses', faulty('loss')],
    ['wrong rows', faulty('wrong')],
    ['too fast', faulty('rate')],
    ['other faults', faulty('other')],
  ];
  return [title, ...lines.map(([what, value]) => `  ${what.padEnd(32)}${value}`), ''].join('\n');
}
