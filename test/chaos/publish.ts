import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { killsOf, type Report } from './report.ts';

const FILE = resolve(import.meta.dirname, '..', '..', 'bench', 'chaos.json');

/** The published result of `npm run chaos`, which the documents show. */
export type Published = {
  date: string;
  seed: number;
  /** Rows of a run that was killed at random moments, and its --rate. */
  rows: number;
  rate: number;
  random: { kills: number; runs: number; rows: number; requests: number; readBack: number; resent: number };
  boundaries: { kills: number };
  faults: number;
};

/** Writes the result for `npm run docs`. */
export function publish(proof: Pick<Published, 'seed' | 'rows' | 'rate'>, random: Report, boundaries: Report[]): void {
  const { runs, rows, traffic } = random;
  const { requests, reads, resent } = traffic;
  const published: Published = {
    date: new Date().toISOString().slice(0, 10),
    ...proof,
    random: { kills: killsOf(random), runs, rows, requests, readBack: reads.back, resent },
    boundaries: { kills: boundaries.reduce((sum, report) => sum + killsOf(report), 0) },
    faults: [random, ...boundaries].reduce((sum, report) => sum + report.faults.length, 0),
  };
  writeFileSync(FILE, `${JSON.stringify(published, null, 2)}\n`);
}
