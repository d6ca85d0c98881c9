import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunStatus } from '../../src/core/results/run-status.ts';
import { run } from '../support/program/run.ts';
import { readingApi } from '../support/program/sandbox.ts';
import { start } from '../support/program/start.ts';
import { lastRun, numberId, runDirs, until, workDirectory, writeInput } from '../support/program/workspace.ts';
import { ROOT, read } from './documents.ts';
import { shape, shownIn } from './shown.ts';

const WATCHING = 'docs/watching.md';

/** Whether status.json of the run at work says this. */
function says(cwd: string, what: (status: RunStatus) => boolean): boolean {
  try {
    return what(JSON.parse(readFileSync(join(cwd, lastRun(cwd), 'status.json'), 'utf8')) as RunStatus);
  } catch {
    // It is not there yet.
    return false;
  }
}

/** The same without what depends on the moment: progress, times of day, and how many of something. */
function atAnyMoment(output: string): string[] {
  return shape(output).map((line) =>
    line
      .replace(/^\[#+\.*\]/, '[#]')
      .replace(/ETA .*, at/, 'ETA DURATION, at')
      .replaceAll(/\d\d:\d\d:\d\d/g, 'TIME')
      .replaceAll(/\d[\d,.]*/g, 'N')
      .replaceAll(/ +N/g, ' N')
      .replace(/ by \S+$/, ' by USER'),
  );
}

it('docs/watching.md shows the waves of a run', async () => {
  const args = ['apply', join(ROOT, 'samples/cutover.csv'), '--sandbox', '--yes', '--rate', '100'];
  const waves = ['--waves', '8,25%', '--gate', 'test "$FAILED" -eq 0', '--undo-on-failure'];
  const { exit, stderr } = await run(workDirectory(), [...args, ...waves], { key: null });
  expect(exit).toBe(0);
  expect(shownIn(WATCHING, '## Send a few rows first')).toBe((stderr.match(/^Wave .*\n/gm) ?? []).join(''));
});

it('docs/watching.md shows the status of a run at work, and what ctl prints', async () => {
  const cwd = workDirectory();
  const faults = [...[3, 7, 9].map((n) => `not-eligible@${numberId(n)}`), `404@${numberId(5)}`];
  const { sandbox, flags } = await readingApi({ numbers: 600 }, faults);
  const url = flags[flags.indexOf('--base-url') + 1] as string;
  const { child, ended } = start(cwd, ['apply', writeInput(cwd, 600), '--base-url', url, '--rate', '40', '--yes']);
  await until(() => runDirs(cwd).length > 0 && says(cwd, ({ rows, rate }) => rows.done >= 150 && rate.now > 36));
  const slower = await run(cwd, ['ctl', lastRun(cwd), 'rate', '20']);
  await until(() => says(cwd, ({ rate }) => rate.set === '20' && rate.now > 18 && rate.now < 21));
  const status = await run(cwd, ['status']);
  child.kill('SIGTERM');
  await ended;
  await sandbox.close();
  expect(read(WATCHING)).toContain(slower.stdout);
  expect(atAnyMoment(shownIn(WATCHING, '## See how far a run is'))).toEqual(atAnyMoment(status.stdout));
});
