import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { killsOf, type Report, violationsOf } from './report.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const FILE = resolve(ROOT, 'bench', 'chaos.json');

/** The published result of `npm run chaos`, which the documents show. */
export type Published = {
  date: string;
  /** The tested version of the program. */
  version: string;
  seed: number;
  /** The rows and the --rate of each run with kills at random moments. */
  rows: number;
  rate: number;
  random: { kills: number; runs: number; rows: number; requests: number; readBack: number; resent: number };
  boundaries: { kills: number };
  /** Rows sent again without a read. */
  duplicates: number;
  lost: number;
  wrong: number;
  /** All violations, including those above. */
  violations: number;
};

/** Writes the result for `npm run docs`. */
export function publish(proof: Pick<Published, 'seed' | 'rows' | 'rate'>, random: Report, boundaries: Report[]): void {
  const { version } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as { version: string };
  const { runs, rows, counts } = random;
  const { requests, reads, resent } = counts;
  const reports = [random, ...boundaries];
  const sum = (count: (report: Report) => number) => reports.reduce((total, report) => total + count(report), 0);
  const published: Published = {
    date: new Date().toISOString().slice(0, 10),
    version,
    ...proof,
    random: { kills: killsOf(random), runs, rows, requests, readBack: reads.back, resent },
    boundaries: { kills: boundaries.reduce((total, report) => total + killsOf(report), 0) },
    duplicates: sum((report) => violationsOf(report, 'duplicate')),
    lost: sum((report) => violationsOf(report, 'loss')),
    wrong: sum((report) => violationsOf(report, 'wrong')),
    violations: sum((report) => report.violations.length),
  };
  writeFileSync(FILE, `${JSON.stringify(published, null, 2)}\n`);
}
