import { execFileSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/app/context.ts';
import { UsageError } from '../../../src/app/errors.ts';
import { checkOutputs } from '../../../src/app/run/outputs.ts';
import { resolveForCommand } from '../../../src/app/settings.ts';
import type { RawSettings } from '../../../src/core/settings/schema.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { inputOf, makeRun } from '../../support/app/run-directories.ts';
import { tempDir } from '../../support/temp.ts';

/** A working directory with an input, links to it, an older file, a directory, a pipe, a key and a job. */
function place() {
  const cwd = realpathSync(tempDir());
  mkdirSync(join(cwd, 'dir'));
  for (const name of ['in.csv', 'old.csv', 'key', 'job.yaml']) writeFileSync(join(cwd, name), 'old');
  symlinkSync('in.csv', join(cwd, 'link.csv'));
  linkSync(join(cwd, 'in.csv'), join(cwd, 'hard.csv'));
  symlinkSync('dir/new.csv', join(cwd, 'new-link.csv'));
  symlinkSync('.', join(cwd, 'here'));
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  const context: Context = { ...contextOf({ TELNYX_API_KEY_FILE: 'key' }, cwd), jobFile: join(cwd, 'job.yaml') };
  return { cwd, context, listing: () => readdirSync(cwd, { recursive: true }).sort() };
}

describe('checkOutputs', () => {
  it.each<RawSettings>([
    {},
    { log_file: '-' },
    { results: '-' },
    { results: '-', log_file: '-' },
    { results: 'new.csv' },
    { results: 'dir/new.csv' },
    { results: 'new-link.csv' },
    { results: `${'x'.repeat(251)}.csv` },
    { results: 'old.csv', log_file: 'new.log' },
    { results: '/dev/null', log_file: '/dev/null' },
    { results: 'pipe' },
    { log_file: 'pipe' },
  ])('lets pass what can be written, and changes nothing: %j', (flags) => {
    const { cwd, context, listing } = place();
    const before = listing();
    checkOutputs({ input: 'in.csv' }, resolveForCommand(flags, context, 'apply'));
    expect(listing()).toEqual(before);
    expect(readFileSync(join(cwd, 'old.csv'), 'utf8')).toBe('old');
  });

  it.each<[RawSettings, RegExp]>([
    [{ results: 'gone/new.csv' }, /^Could not write --results gone\/new\.csv: ENOENT \(.*\)\. Fix: choose another\.$/],
    [{ log_file: 'gone/log' }, /^Could not write --log-file gone\/log: ENOENT/],
    [{ log_file: 'in.csv/log' }, /^Could not write --log-file in\.csv\/log: ENOTDIR/],
    [{ results: 'dir' }, /^Could not write --results dir: EISDIR/],
    [{ results: 'x'.repeat(300) }, /: ENAMETOOLONG/],
    [{ results: 'in.csv' }, /^--results in\.csv is the input itself$/],
    [{ results: 'here/in.csv' }, /^--results here\/in\.csv is the input itself$/],
    [{ results: 'hard.csv' }, /^--results hard\.csv is the input itself$/],
    [{ log_file: 'link.csv' }, /^--log-file link\.csv is the input itself$/],
    [{ results: 'key' }, /^--results key is the file of the API key$/],
    [{ log_file: 'job.yaml' }, /^--log-file job\.yaml is the job file$/],
    [{ results: 'old.csv', log_file: 'here/old.csv' }, /^--results old\.csv is the file of --log-file too$/],
    [
      { results: 'new-link.csv', log_file: 'here/dir/new.csv' },
      /^--results new-link\.csv is the file of --log-file too$/,
    ],
    [{ results: '-', json: 'true' }, /^--results - and --json cannot both write to standard output$/],
    [{ results: '/dev/stdout', json: 'true' }, /^--results \/dev\/stdout and --json cannot both/],
  ])('refuses %j', (flags, message) => {
    const { context, listing } = place();
    const before = listing();
    const check = () => checkOutputs({ input: 'in.csv' }, resolveForCommand(flags, context, 'apply'));
    expect(check).toThrow(UsageError);
    expect(check).toThrow(message);
    expect(listing()).toEqual(before);
  });

  it('refuses the file that standard input is read from', () => {
    const { cwd, context } = place();
    const fd = openSync(join(cwd, 'in.csv'), 'r');
    const piped = { ...context, stdin: { fd } as unknown as Context['stdin'] };
    const check = (results: string) => () =>
      checkOutputs({ input: '-' }, resolveForCommand({ results }, piped, 'apply'));
    expect(check('in.csv')).toThrow('is the input itself');
    expect(check('old.csv')).not.toThrow();
    closeSync(fd);
  });

  it('refuses the files of the run and the input that it was made from', () => {
    const { cwd, context } = place();
    const run = makeRun(join(cwd, 'runs'), 1, { input: inputOf(join(cwd, 'in.csv'), 'ab') });
    for (const file of ['plan.csv', 'input.csv', 'results.csv', 'log.ndjson']) writeFileSync(join(run.dir, file), '');
    const check = (flags: RawSettings) => () => checkOutputs({ run }, resolveForCommand(flags, context, 'apply'));
    for (const file of ['plan.csv', 'input.csv', 'run.json']) {
      expect(check({ results: join(run.dir, file) })).toThrow(`is ${file} of the run`);
      expect(check({ log_file: join(run.dir, file) })).toThrow(`is ${file} of the run`);
    }
    expect(check({ results: 'in.csv' })).toThrow('is the input itself');
    expect(check({ results: join(run.dir, 'results.csv'), log_file: join(run.dir, 'log.ndjson') })).not.toThrow();
    expect(check({ log_file: join(run.dir, 'results.csv') })).toThrow('is results.csv of the run');
    expect(check({ results: join(run.dir, 'log.ndjson') })).toThrow('is log.ndjson of the run');
  });
});
