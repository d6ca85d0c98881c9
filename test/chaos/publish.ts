import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Report } from './report.ts';

const FILE = resolve(import.meta.dirname, '..', '..', 'bench', 'chaos.json');

/** The published result of `npm run chaos`, which docs/performance.md shows. */
export type Published = {
  date: string;
  seed: number;
  rows: number;
  rate: number;
  random: Report;
  boundaries: Report[];
};

/** Writes the result for `npm run docs`. */
export function publish(result: Omit<Published, 'date'>): void {
  const published: Published = { date: new Date().toISOString().slice(0, 10), ...result };
  writeFileSync(FILE, `${JSON.stringify(published, null, 2)}\n`);
}
