import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../process/run.ts';
import type { Figure } from './figure.ts';
import { figureText } from './figure-text.ts';
import { machine } from './machine.ts';

const FIGURES_FILE = join(ROOT, 'bench', 'figures.json');
const REPORT_FILE = join(ROOT, 'bench', 'RESULTS.md');

/** The published figures, by name, and the machine of the last measurement. */
export type Figures = { machine: string[]; figures: Record<string, Figure & { rounds: number; date: string }> };

/** Renders RESULTS.md. */
export function resultsText({ machine, figures }: Figures): string {
  const head = `# Benchmarks

Written by \`npm run bench\`. Each value is a median, followed by minimum and maximum. The contenders of a figure ran in
turn, round by round. The machine is shared, so absolute values vary: compare the ratios.

${machine.map((line) => `- ${line}`).join('\n')}
`;
  const sections = Object.entries(figures).map(
    ([name, figure]) =>
      `<!-- ${name} -->\n\n${figureText(figure)}\nMeasured with \`--rounds ${figure.rounds}\` on ${figure.date}.\n`,
  );
  return [head, ...sections].join('\n');
}

/** Replaces one figure in figures.json and RESULTS.md. The others stay, in the order of `names`. */
export function publish(name: string, figure: Figure, rounds: number, names: readonly string[]): void {
  const earlier = existsSync(FIGURES_FILE) ? (JSON.parse(readFileSync(FIGURES_FILE, 'utf8')) as Figures).figures : {};
  const date = new Date().toISOString().slice(0, 10);
  const all: Figures['figures'] = { ...earlier, [name]: { ...figure, rounds, date } };
  const figures = Object.fromEntries(names.flatMap((one) => (all[one] === undefined ? [] : [[one, all[one]]])));
  const published: Figures = { machine: machine(), figures };
  writeFileSync(FIGURES_FILE, `${JSON.stringify(published, null, 2)}\n`);
  writeFileSync(REPORT_FILE, resultsText(published));
}
