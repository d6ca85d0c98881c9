import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BULK_FAULT_FORMS, FAULT_KINDS, NOT_IMITATED } from '../../src/sandbox/server.ts';

const readme = readFileSync(new URL('../../src/sandbox/README.md', import.meta.url), 'utf8');

it('starts with exactly the sentences on what is not imitated', () => {
  const bullets = readme.split('\n').filter((line) => line.startsWith('- '));
  expect(bullets).toEqual(NOT_IMITATED.map((sentence) => `- ${sentence}`));
  expect(readme.indexOf('What it does not imitate')).toBeLessThan(readme.indexOf('What it answers'));
});

/** The rows of the table with this head. */
function rowsBelow(head: string): string[] {
  const lines = readme.split('\n').map((line) => line.replace(/ +/g, ' '));
  const rows = lines.slice(lines.indexOf(head) + 2);
  return rows.slice(
    0,
    rows.findIndex((line) => !line.startsWith('|')),
  );
}

it('has a row for every fault kind, with the words of the help', () => {
  const rows = Object.entries(FAULT_KINDS).map(([kind, text]) => `| \`${kind}\` | ${text} |`);
  expect(rowsBelow('| kind | what happens |')).toEqual(rows);
});

it('has a row for every form of a bulk fault', () => {
  const codes = (forms: string) => forms.split(', ').map((form) => `\`${form}\``);
  const rows = Object.entries(BULK_FAULT_FORMS).map(([forms, text]) => `| ${codes(forms).join(', ')} | ${text} |`);
  expect(rowsBelow('| bulk fault | what happens |')).toEqual(rows);
});
