import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { paste, run } from '../../support/program/run.ts';
import { api, readingApi } from '../../support/program/sandbox.ts';
import {
  commandIn,
  lastRun,
  numberId,
  PROFILE,
  runDirs,
  workDirectory,
  writeInput,
  writeLines,
} from '../../support/program/workspace.ts';

describe('after exit 3', () => {
  it.each<[string, string[], RegExp]>([
    [
      'a rejected row',
      ['id,profile_id', `${numberId(1)},nonsense!`],
      /^First fix the rejected rows of \/.*numbers\.csv/m,
    ],
    ['no columns', ['a,b', '1,2'], /^First fix \/.*numbers\.csv, or say with --map which columns are meant\.$/m],
    ['a column twice', ['id,id,product', '1,2,A2P'], /^First fix \/.*numbers\.csv\.$/m],
  ])('of %s, the summary says first what to fix, and the command then works', async (_, lines, first) => {
    const cwd = workDirectory();
    writeLines(cwd, lines);
    const refused = await run(cwd, ['plan', 'numbers.csv', '--offline']);
    expect(refused.exit).toBe(3);
    expect(refused.stdout).toMatch(first);
    expect((await run(cwd, ['runs'])).stdout).toMatch(/first fix the input\n +next: /);
    writeInput(cwd, 2);
    expect((await paste(cwd, commandIn(refused.stdout, 'plan'))).exit).toBe(0);
  });

  it('of wrong column names, the command names the columns that seem to be meant', async () => {
    const cwd = workDirectory();
    writeLines(cwd, ['Telnyx ID,Target Profile', `${numberId(1)},${PROFILE}`]);
    for (const more of [[], ['--map', 'phone_number_id=Gone']]) {
      const refused = await run(cwd, ['plan', 'numbers.csv', '--offline', ...more]);
      expect(refused.exit).toBe(3);
      const command = commandIn(refused.stdout, 'plan');
      expect(command).toContain("--map 'phone_number_id=Telnyx ID' --map 'messaging_profile_id=Target Profile'");
      expect((await paste(cwd, command)).exit).toBe(0);
    }
  });

  it.each(['resume', 'retry'])('%s of that run says what to fix, not to execute it', async (verb) => {
    const cwd = workDirectory();
    const { flags } = await api();
    writeLines(cwd, ['id,profile_id', `${numberId(1)},nonsense!`]);
    expect((await run(cwd, ['apply', 'numbers.csv', ...flags])).exit).toBe(3);
    const { exit, stderr } = await run(cwd, [verb, lastRun(cwd)]);
    expect(exit).toBe(8);
    expect(stderr).toContain('Fix its rejected rows first. Plan again: ');
    writeInput(cwd, 1);
    expect((await paste(cwd, commandIn(stderr, 'plan'))).exit).toBe(0);
  });
});

it('resume and verify accept --yes', async () => {
  const cwd = workDirectory();
  const { flags } = await api();
  const input = writeInput(cwd, 3);
  expect((await run(cwd, ['apply', input, ...flags, '--stop-after', '1'])).exit).toBe(10);
  expect((await run(cwd, ['resume', lastRun(cwd), '--yes'])).exit).toBe(0);
  expect((await run(cwd, ['verify', lastRun(cwd), '--yes'])).exit).toBe(0);
  const reading = await readingApi();
  expect((await run(cwd, ['verify', input, ...reading.flags])).exit).toBe(4);
});

describe('--missing-input-ok', () => {
  it.each<[string, number, string]>([
    ['gone.csv', 0, 'nothing to do'],
    ['dir/gone.csv', 0, 'nothing to do'],
    ['gone/numbers.csv', 2, 'there is no directory'],
    ['lost/numbers.csv', 2, 'there is no directory'],
    ['link.csv', 2, 'link.csv is a link to gone.csv, which is not there'],
    ['gone/', 2, 'there is no directory gone/'],
  ])('with %s: exit %i', async (input, exit, text) => {
    const cwd = workDirectory();
    mkdirSync(join(cwd, 'dir'));
    symlinkSync('gone.csv', join(cwd, 'link.csv'));
    symlinkSync('gone', join(cwd, 'lost'));
    const ended = await run(cwd, ['apply', input, '--missing-input-ok']);
    expect([ended.exit, runDirs(cwd)]).toEqual([exit, []]);
    expect(ended.stderr).toContain(text);
  });
});

it('a leading ~ is the home directory in a job file and in variables that name files', async () => {
  const home = workDirectory();
  const cwd = workDirectory();
  writeInput(home, 1);
  writeFileSync(join(home, 'key'), 'KEY0123456789abcdefSECRET', { mode: 0o600 });
  writeFileSync(join(cwd, 'job.yaml'), 'command: plan\ninput: ~/numbers.csv\noffline: true\nruns_dir: ~/done\n');
  const env = { HOME: home, TELNYX_API_KEY_FILE: '~/key', TELNYX_REASSIGN_RESULTS: '~/r.csv' };
  const { exit, stdout } = await run(cwd, ['run', 'job.yaml', '--json'], { env, key: null });
  expect(exit).toBe(0);
  const { input, files } = JSON.parse(stdout);
  expect([input.path, files.results]).toEqual([join(home, 'numbers.csv'), join(home, 'r.csv')]);
  expect(files.plan).toContain(join(home, 'done'));
  const config = await run(cwd, ['run', 'job.yaml', '--print-config'], { env, key: null });
  expect(config.stdout).toMatch(/api key +set/);
});
