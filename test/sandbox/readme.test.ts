import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULT_KINDS, NOT_IMITATED } from '../../src/sandbox/server.ts';

const readme = readFileSync(new URL('../../src/sandbox/README.md', import.meta.url), 'utf8');

it('starts with exactly the sentences on what is not imitated', () => {
  const bullets = readme.split('\n').filter((line) => line.startsWith('- '));
  expect(bullets).toEqual(NOT_IMITATED.map((sentence) => `- ${sentence}`));
  expect(readme.indexOf('What it does not imitate')).toBeLessThan(readme.indexOf('What it answers'));
});

it('has a row for every fault kind, with the words of the help', () => {
  const lines = readme.split('\n').map((line) => line.replace(/ +/g, ' '));
  const table = lines.slice(lines.indexOf('| kind | what happens |') + 2).filter((line) => line !== '');
  expect(table).toEqual(Object.entries(FAULT_KINDS).map(([kind, text]) => `| \`${kind}\` | ${text} |`));
});
