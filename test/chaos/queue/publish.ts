import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { QueueOptions } from './queue-chaos.ts';
import type { QueueReport } from './report.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const FILE = resolve(ROOT, 'bench', 'chaos-queue.json');

/** The published result of `npm run chaos -- --queue`, which the documents show. */
export type PublishedQueue = {
  date: string;
  /** The tested version of the program. */
  version: string;
  seed: number;
  /** The rows and the --rate of each run. */
  rowsOfRun: number;
  rate: number;
  violations: number;
} & Omit<QueueReport, 'violations' | 'exits'>;

/** Writes a result without violations for `npm run docs`. */
export function publishQueue({ seed, rows, rate }: Pick<QueueOptions, 'seed' | 'rows' | 'rate'>, report: QueueReport) {
  const { version } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as { version: string };
  const { violations, exits: _exits, ...counts } = report;
  const date = new Date().toISOString().slice(0, 10);
  const published: PublishedQueue = {
    date,
    version,
    seed,
    rowsOfRun: rows,
    rate,
    ...counts,
    violations: violations.length,
  };
  writeFileSync(FILE, `${JSON.stringify(published, null, 2)}\n`);
}
