import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseFault } from '../../src/sandbox/server.ts';
import { CLI } from '../support/program/paths.ts';
import { run } from '../support/program/run.ts';
import { workDirectory } from '../support/program/workspace.ts';
import { openSandbox } from '../support/sandbox/open.ts';
import { ROOT, read } from './documents.ts';

const INPUT = join(ROOT, 'samples/cutover.csv');

/** The output in a document that follows the first heading with this text. */
function shownIn(path: string, heading: string): string {
  const after = read(path).split(`\n${heading}\n`)[1] as string;
  return (/^```text\n(.*?)^```/ms.exec(after) as RegExpExecArray)[1] as string;
}

/** The output without what differs from run to run: times, rates and names of run directories. */
function shape(output: string): string[] {
  return output
    .replaceAll(`node ${CLI}`, 'telnyx-reassign')
    .replaceAll(/\d{8}T\d{6}Z-([a-z]+)-[0-9a-f]{4}/g, 'RUN-$1')
    .replaceAll(/\d[\d.,]*(?=(\/s| %|s\b| in any))/g, 'N')
    .trim()
    .split('\n');
}

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
