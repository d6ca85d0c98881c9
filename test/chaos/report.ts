import type { Pipeline } from './checks/requests.ts';
import type { Fault } from './checks/violations.ts';
import type { Stage } from './trial/stages.ts';

/** What all trials of one part have come to. */
export type Report = {
  kills: Record<Stage, number>;
  runs: number;
  online: number;
  rows: number;
  edits: number;
  drafts: number;
  traffic: Pipeline;
  faults: Fault[];
};

/** A report of nothing yet. */
export function emptyReport(): Report {
  return {
    kills: { planning: 0, reading: 0, rereading: 0, starting: 0, sending: 0, finishing: 0 },
    runs: 0,
    online: 0,
    rows: 0,
    edits: 0,
    drafts: 0,
    traffic: {
      requests: 0,
      reads: { plan: 0, drift: 0, back: 0 },
      resent: 0,
      openAtKills: 0,
      doubted: 0,
      most: 0,
      lateMs: 0,
    },
    faults: [],
  };
}

function together(a: Pipeline, b: Pipeline): Pipeline {
  return {
    requests: a.requests + b.requests,
    reads: {
      plan: a.reads.plan + b.reads.plan,
      drift: a.reads.drift + b.reads.drift,
      back: a.reads.back + b.reads.back,
    },
    resent: a.resent + b.resent,
    openAtKills: a.openAtKills + b.openAtKills,
    doubted: a.doubted + b.doubted,
    most: Math.max(a.most, b.most),
    lateMs: Math.max(a.lateMs, b.lateMs),
  };
}

/** Adds a trial that has ended, and the drafts that its kills have left behind. */
export function addTrial(
  report: Report,
  trial: { online: boolean; rows: { length: number }; edits: { size: number } },
  drafts: number,
  traffic: Pipeline,
): void {
  report.runs += 1;
  report.online += Number(trial.online);
  report.rows += trial.rows.length;
  report.edits += trial.edits.size;
  report.drafts += drafts;
  report.traffic = together(report.traffic, traffic);
}

/** All kills of a report. */
export function killsOf({ kills }: Report): number {
  return Object.values(kills).reduce((sum, count) => sum + count, 0);
}

/** The table that is printed at the end. */
export function reportText(title: string, report: Report): string {
  const { kills, faults, traffic } = report;
  const { reads } = traffic;
  const faulty = (kind: Fault['kind']) => faults.filter((fault) => fault.kind === kind).length;
  const stages = Object.entries(kills).map(([stage, count]) => `${count} ${stage}`);
  const lines: [string, string | number][] = [
    ['kills', `${killsOf(report)} (${stages.join(', ')})`],
    ['runs', `${report.runs}, ${report.online} of them online`],
    ['rows', report.rows],
    ["somebody else's edits", report.edits],
    ['requests', traffic.requests],
    ['reads of the account', `${reads.plan} for plans, ${reads.drift} before rows were sent later`],
    ['rows read back', `${reads.back}, for ${traffic.openAtKills} in flight at kills, ${traffic.doubted} in doubt`],
    ['sent again after a read', traffic.resent],
    ['most in a second', `${traffic.most} (the server's clock was late by ${traffic.lateMs.toFixed(1)} ms at worst)`],
    ['drafts left behind', report.drafts],
    ['duplicates (sent again unread)', faulty('duplicate')],
    ['losses', faulty('loss')],
    ['wrong rows', faulty('wrong')],
    ['too fast', faulty('rate')],
    ['other faults', faulty('other')],
  ];
  return [title, ...lines.map(([what, value]) => `  ${what.padEnd(32)}${value}`), ''].join('\n');
}
