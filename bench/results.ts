import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machine } from './machine.ts';
import { ROOT } from './start.ts';

const FILE = join(ROOT, 'bench', 'RESULTS.md');

const markOf = (name: string) => `<!-- ${name} -->`;

/** What RESULTS.md has of a figure, '' where it has nothing. */
function sectionOf(file: string, name: string): string {
  const [, after] = file.split(`${markOf(name)}\n`);
  return after === undefined ? '' : (after.split('<!-- ')[0] as string).trim();
}

/** Puts a figure into RESULTS.md in place of an older one; the others stay, in the order of `names`. */
export function keep(name: string, names: readonly string[], text: string): void {
  const file = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const head = `# Benchmarks

Written by \`npm run bench\`. Medians, with the least and the greatest behind them; the contenders of a figure ran in turn,
round by round. Machines are shared, and absolute figures move: compare the ratios.

${machine()
  .map((line) => `- ${line}`)
  .join('\n')}
`;
  const sections = names
    .map((one) => [one, one === name ? text.trim() : sectionOf(file, one)] as const)
    .filter(([, section]) => section !== '')
    .map(([one, section]) => `${markOf(one)}\n\n${section}\n`);
  writeFileSync(FILE, [head, ...sections].join('\n'));
}
