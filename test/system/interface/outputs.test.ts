import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
import {
  commandIn,
  lastRun,
  manifestOf,
  numberId,
  summaryOf,
  until,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

const results = (cwd: string, dir = lastRun(cwd)) => readFileSync(join(cwd, dir, 'results.csv'), 'utf8');
const sent = (sandbox: Sandbox) => sandbox.requests().length;

describe('--results', () => {
  it('keeps the mode of a file that is there, also when resume writes it', async () => {
    const cwd = workDirectory();
    const { flags } = await api();
    const to = join(cwd, 'out.csv');
    writeFileSync(to, 'old');
    chmodSync(to, 0o664);
    expect((await run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--results', 'out.csv'])).exit).toBe(0);
    expect([readFileSync(to, 'utf8'), statSync(to).mode & 0o777]).toEqual([results(cwd), 0o664]);
  });

  it('- is standard output, and everything else goes to standard error', async () => {
    const cwd = workDirectory();
    const { flags } = await api();
    const input = writeInput(cwd, 3);
    const planned = await run(cwd, ['plan', input, '--offline', '--results', '-']);
    expect([planned.exit, planned.stdout]).toEqual([0, results(cwd)]);
    const applied = await run(cwd, ['apply', input, ...flags, '--results', '-']);
    expect([applied.exit, applied.stdout]).toEqual([0, results(cwd)]);
    expect(applied.stderr).toContain('Exit 0 (ok)');
    const quiet = await run(cwd, ['results', lastRun(cwd), '--results', '-', '--quiet']);
    expect([quiet.exit, quiet.stdout, quiet.stderr]).toEqual([0, results(cwd), '']);
    const both = await run(cwd, ['apply', input, ...flags, '--results', '-', '--json']);
    expect(JSON.parse(both.stdout)).toMatchObject({ exit_code: 2, error: { code: 'usage' } });
    expect(existsSync(join(cwd, '-'))).toBe(false);
  });

  it.each<[string, string[], number]>([
    ['all is well', [], 1],
    ['rows have failed', [`422@${numberId(2)}`], 4],
  ])(
    'that cannot be written at the end leaves the run finished if %s, and the printed command repairs it',
    async (_, faults, exit) => {
      const cwd = workDirectory();
      const { sandbox, flags } = await api({ latencyMs: 150 }, faults);
      mkdirSync(join(cwd, 'out'));
      const args = ['apply', writeInput(cwd, 3), ...flags, '--results', 'out/r.csv'];
      const running = run(cwd, args);
      await until(() => sent(sandbox) > 0);
      rmSync(join(cwd, 'out'), { recursive: true });
      const ended = await running;
      expect(ended.exit).toBe(exit);
      expect(`${ended.stdout}${ended.stderr}`).toContain('Could not write --results out/r.csv: ENOENT');
      expect(manifestOf(cwd)).toMatchObject({ state: 'finished', exit_code: exit === 1 ? 0 : exit });
      expect(summaryOf(cwd)).toMatchObject({ state: 'finished', exit_code: exit });
      const command = commandIn(`${ended.stdout}${ended.stderr}`, 'results');
      expect((await paste(cwd, command)).exit).toBe(0);
      const other = command.split(' ').at(-1) as string;
      expect(readFileSync(join(cwd, other), 'utf8')).toBe(results(cwd));
      expect(summaryOf(cwd).exit_code).toBe(exit === 1 ? 0 : exit);
      // The copy is all that is missing: nothing is sent again.
      const again = await run(cwd, ['resume', lastRun(cwd), '--results', 'again.csv']);
      expect([again.exit, readFileSync(join(cwd, 'again.csv'), 'utf8')]).toEqual([exit === 1 ? 0 : exit, results(cwd)]);
    },
  );

  it('is refused at the start if its directory is not there: nothing is sent', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    const input = writeInput(cwd, 3);
    for (const [flag, file] of [
      ['--results', 'gone/r.csv'],
      ['--log-file', 'gone/l'],
      ['--results', input],
    ] as const) {
      expect((await run(cwd, ['apply', input, ...flags, flag, file])).exit).toBe(2);
    }
    expect((await run(cwd, ['apply', input, ...flags, '--results', 'x', '--log-file', './x'])).exit).toBe(2);
    expect(existsSync(join(cwd, 'runs'))).toBe(false);
    expect(sent(sandbox)).toBe(0);
    expect((await run(cwd, ['apply', input, ...flags])).exit).toBe(0);
    for (const verb of ['results', 'resume', 'retry', 'undo']) {
      const file = join(lastRun(cwd), 'ledger.ndjson');
      expect((await run(cwd, [verb, lastRun(cwd), '--results', file])).exit).toBe(2);
    }
  });

  it('- reaches a pipe whole', async () => {
    const cwd = workDirectory();
    const started = start(cwd, [
      'apply',
      writeInput(cwd, 600),
      '--sandbox',
      '--rate',
      'off',
      '--yes',
      '--results',
      '-',
    ]);
    const ended = await started.ended;
    expect(ended.exit).toBe(0);
    expect(ended.stdout).toBe(results(cwd));
  });
});

describe('a log that can no longer be written', () => {
  const WARNING = 'Could not write all of the log';

  it('is a warning on the terminal and in the summary, and ends no run', async () => {
    const cwd = workDirectory();
    const { flags } = await api();
    const args = ['apply', writeInput(cwd, 3), ...flags, '--log-file'];
    const full = await run(cwd, [...args, '/dev/full']);
    expect([full.exit, full.stderr]).toEqual([0, expect.stringMatching(`warning: ${WARNING}[\\s\\S]*ENOSPC`)]);
    expect(summaryOf(cwd).warnings).toEqual([expect.stringContaining(WARNING)]);
    const json = await run(cwd, [...args, '/dev/full', '--json']);
    expect(JSON.parse(json.stdout).warnings).toEqual([expect.stringContaining(WARNING)]);
    const quiet = await run(cwd, [...args, '/dev/full', '--quiet']);
    expect([quiet.exit, quiet.stdout, quiet.stderr]).toEqual([0, '', '']);
  });

  it('is not waited for if it is a pipe that no process reads', async () => {
    const cwd = workDirectory();
    const { flags } = await api();
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    const { exit, stderr } = await run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--log-file', 'pipe']);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('the log pipe: ENXIO')]);
    const copied = await run(cwd, ['results', lastRun(cwd), '--results', 'pipe']);
    expect([copied.exit, copied.stdout]).toEqual([1, expect.stringContaining('Could not write --results pipe: ENXIO')]);
  });

  it('is a warning if it was removed meanwhile', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({ latencyMs: 150 });
    const running = run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--log-file', 'log']);
    await until(() => sent(sandbox) > 0);
    rmSync(join(cwd, 'log'));
    const { exit, stderr } = await running;
    expect([exit, stderr]).toEqual([0, expect.stringContaining(`${WARNING} log: it was removed`)]);
  });
});
