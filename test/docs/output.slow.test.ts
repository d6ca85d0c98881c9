import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseFault } from '../../src/sandbox/server.ts';
import { run } from '../support/program/run.ts';
import { workDirectory } from '../support/program/workspace.ts';
import { openSandbox } from '../support/sandbox/open.ts';
import { ROOT } from './documents.ts';
import { shape, shownIn } from './shown.ts';

const INPUT = join(ROOT, 'samples/cutover.csv');

it('README.md shows the output of the demo', async () => {
  const ended = await run(workDirectory(), ['apply', INPUT, '--sandbox', '--yes'], { key: null });
  expect(ended.exit).toBe(0);
  expect(shape(shownIn('README.md', '## What comes out'))).toEqual(shape(ended.stdout));
});

it('docs/results.md shows the output of a run with failures', async () => {
  const faults = ['404@1293384261000000041', 'not-eligible@1293384261000000141', '503*2'].map(parseFault);
  const sandbox = await openSandbox({ numbers: 24, faults });
  const ended = await run(workDirectory(), ['apply', INPUT, '--base-url', sandbox.url, '--yes']);
  expect(ended.exit).toBe(4);
  expect(shape(shownIn('docs/results.md', '## The summary'))).toEqual(shape(ended.stdout));
});
