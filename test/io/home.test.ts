import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { expandHome } from '../../src/io/home.ts';

it.each([
  ['~', '/home/ops'],
  ['~/numbers.csv', '/home/ops/numbers.csv'],
  ['~other/numbers.csv', '~other/numbers.csv'],
  ['./~', './~'],
  ['-', '-'],
  ['', ''],
])('%j becomes %j', (path, expanded) => {
  expect(expandHome(path, { HOME: '/home/ops' })).toBe(expanded);
});

it('without HOME it is the home directory that the system knows', () => {
  for (const env of [{}, { HOME: '' }]) expect(expandHome('~', env)).toBe(homedir());
});
